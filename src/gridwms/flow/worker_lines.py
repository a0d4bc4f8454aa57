"""Event lines of the worker protocol (docs/worker-protocol.md) to reports."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from gridwms.jobs.events import Finished, Noticed, Report, Running
from gridwms.jobs.reasons import KINDS, Reason

MAX_LINE = 16_384
MAX_LINES = 1_000
_ID = re.compile(r"worker-([0-9]+)-[0-9]+-[0-9A-Za-z_.-]{1,64}")
_USAGE = ("real", "user", "system", "memory")


class BadLine(ValueError):
    """A line that is no event of the protocol; the sentence says why."""


class Said(NamedTuple):
    """What a line says beyond when and of what."""

    type: type[Report]
    fields: dict[str, Any]


def read_line(line: str, attempt: int, matched_at: float, now: float) -> tuple[str, float, Said] | None:
    """Id, time and meaning of a line, or None for types that only the service itself may make.

    Its time is brought into the life of the attempt so far: a worker node's clock may be wrong. Raises BadLine.
    """
    if len(line) > MAX_LINE:
        raise BadLine(f"an event line has {len(line)} characters, at most {MAX_LINE} are read")
    kind, ident, seconds, rest = _apart(line.strip())
    named = _ID.fullmatch(ident)
    if named is None or int(named[1]) != attempt:
        raise BadLine(f"the event id '{ident}' is not of the form worker-{attempt}-<number>-<instance>")
    said = _said(kind, rest)
    if said is None:
        return None
    return ident, min(max(_number(seconds), matched_at), now), said


def _apart(line: str) -> tuple[str, str, str, str]:
    """Type, id and time, which differ from wrapper to wrapper, and the rest of a line, which may not."""
    found = _PLAIN.fullmatch(line)
    if found is not None:
        return found[1], found[2], found[3], found[4]
    fields = _fields(line)
    return fields.get("type", ""), fields.get("id", ""), fields.get("time", ""), urlencode(_without_head(fields))


_HEAD = ("type", "id", "time")
_PLAIN = re.compile(r"type=([^&%+]*)&id=([^&%+]*)&time=([^&%+]*)((?:&(?!(?:type|id|time)=)[^&%+]*)*)")
"""As wrappers write it, with nothing in it that is encoded."""


def _without_head(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in _HEAD}


@lru_cache(maxsize=256)
def _said(kind: str, rest: str) -> Said | None:
    """The same lines come from thousands of wrappers."""
    fields = _fields(rest.removeprefix("&"))
    match kind:
        case "Running":
            return Said(Running, {"node": fields.get("node", "")[:255]})
        case "Noticed":
            return Said(Noticed, {"reason": _reason(fields)})
        case "Finished":
            failure = _reason(fields) if fields.get("code") else None
            if failure is not None and failure.code == "token_refused":
                # Another instance of the wrapper has the payload: this one's end says nothing about the attempt.
                return Said(Noticed, {"reason": failure})
            usage = {name: _number(fields[name]) for name in _USAGE if fields.get(name)}
            code = int(_number(fields["exit_code"])) if fields.get("exit_code") else None
            return Said(Finished, {"exit_code": code, "failure": failure, "usage": usage})
        case "PayloadStarted":
            return None
        case other:
            raise BadLine(f"the event type '{other}' is not known")


def _fields(line: str) -> dict[str, str]:
    """The fields of a line. Most hold nothing that is encoded, and are read ten times as fast without a parser."""
    if not line:
        return {}
    if "%" in line or "+" in line:
        return dict(parse_qsl(line, keep_blank_values=True, strict_parsing=True))
    pairs = [pair.partition("=") for pair in line.split("&")]
    for name, equals, _value in pairs:
        if not equals:
            raise BadLine(f"'{name[:60]}' is no field of the form name=value")
    return {name: value for name, _equals, value in pairs}


def _reason(fields: dict[str, str]) -> Reason:
    code = fields.get("code", "")
    if code not in KINDS:
        raise BadLine(f"the reason code '{code}' is not known")
    return Reason(code, {name[2:]: value[:1000] for name, value in fields.items() if name.startswith("p.")})


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadLine(f"'{text}' is not a number") from None
    if value != value or abs(value) > 1e15:
        raise BadLine(f"'{text}' is not a usable number")
    return value
