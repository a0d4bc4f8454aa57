"""What the service has promised by its answers, and whether a data directory keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from gridwms.jobs.ids import parse_tag
from gridwms.jobs.job import Job
from gridwms.jobs.states import State
from gridwms.sandbox.area import Area
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store.database import Database
from tests.power_cut.conversations import Exchange
from tests.power_cut.recording import Kind, Operation


@dataclass(frozen=True, slots=True)
class Found:
    """A job and its files as they were found."""

    job: Job | None
    events: frozenset[str]
    area: Area


@dataclass(frozen=True, slots=True)
class Promise:
    """Given with operation number `at`, about the job `key`; `kept` tells."""

    at: int
    key: str
    what: str
    text: str
    kept: Callable[[Found], bool]


def promises(exchanges: Iterable[Exchange]) -> list[Promise]:
    """What the answers mean, in their order."""
    return [promise for exchange in exchanges if 200 <= exchange.status < 300 for promise in _meaning(exchange)]


_LEFT = re.compile(r"/attempts/\w\w/\w\w/([\w-]+)/\1/(events|outputs|work/.+)$")


def taken_over(operations: Iterable[Operation]) -> list[Promise]:
    """What a wrapper left at the local site is ours before it is removed there."""
    contents: dict[tuple[str, str], bytes] = {}
    copied: dict[tuple[str, str], int] = {}
    given: list[Promise] = []
    for at, one in enumerate(operations):
        found = _LEFT.search(one.other if one.kind is Kind.COPY else one.path)
        if found is None:
            continue
        name = found[1], found[2]
        if one.kind is Kind.OPEN and one.size == 0:
            contents[name] = b""
        elif one.kind is Kind.WRITE:
            contents[name] = contents.get(name, b"") + one.data
        elif one.kind is Kind.COPY and (source := _LEFT.search(one.path)):
            begin = copied.get((one.path, one.other), 0)
            copied[one.path, one.other] = begin + one.size
            contents[name] = contents.get(name, b"") + contents[source[1], source[2]][begin : begin + one.size]
        elif one.kind is Kind.UNLINK and found[2] == "events":
            key = parse_tag(found[1])[0]
            given += _events(at, key, contents.get(name, b""))
        elif one.kind is Kind.UNLINK:
            key, attempt = parse_tag(found[1])
            for line in contents.get((found[1], "outputs"), b"").decode().splitlines():
                output, place, _mark = line.split(" ")
                if place == found[2]:
                    given.append(_file(at, key, "output", f"{attempt}/{unquote(output)}", contents.get(name, b"")))
    return given


def broken(data: Path, given: Sequence[Promise]) -> list[Promise]:
    """The promises that the data directory does not keep."""
    database = Database.sqlite(data / "gridwms.sqlite")
    try:
        keys = {promise.key for promise in given}
        jobs = database.read(lambda c: rows.load(c, keys))
        area = Area(data / "sandbox")
        found = {}
        for key in keys:
            ids = frozenset(one.event.id for one in database.read(lambda c: log.of_job(c, key)))  # noqa: B023
            found[key] = Found(jobs[key][1] if key in jobs else None, ids, area)
    finally:
        database.close()
    return [one for one in given if not one.kept(found[one.key])]


def _meaning(exchange: Exchange) -> list[Promise]:
    path = urlsplit(exchange.path).path
    at = exchange.at
    if (exchange.method, path) == ("POST", "/api/v1/jobs"):
        keys = [job["key"] for job in json.loads(exchange.answer)["jobs"] if job["key"]]
        return [Promise(at, key, "job", "was accepted, and is not known", lambda s: s.job is not None) for key in keys]
    if (exchange.method, path) == ("POST", "/api/v1/jobs/start"):
        keys = [job["key"] for job in json.loads(exchange.answer)["jobs"]]
        return [
            Promise(
                at,
                k,
                "started",
                "was started, and is not",
                lambda s: bool(s.job and s.job.state is not State.SUBMITTED),
            )
            for k in keys
        ]
    if found := re.fullmatch(r"/api/v1/jobs/(\w+)/input/(\d+)", path):
        return [_file(at, found[1], "input", found[2], exchange.sent)] if exchange.method == "PUT" else []
    if found := re.fullmatch(r"/api/v1/jobs/(\w+)/cancel", path):
        key = found[1]
        wished = lambda s: bool(s.job and s.job.cancel_requested_at)  # noqa: E731
        return [Promise(at, key, "cancelled", "was cancelled, and goes on", wished)]
    if found := re.fullmatch(r"/worker/v1/([\w-]+)/(\w+)(?:/(.*))?", path):
        return _to_wrapper(exchange, *parse_tag(found[1]), found[2], unquote(found[3] or ""))
    return []


def _to_wrapper(exchange: Exchange, key: str, attempt: int, what: str, name: str) -> list[Promise]:
    given = []
    if what == "output" and exchange.method == "PUT":
        given.append(_file(exchange.at, key, "output", f"{attempt}/{name}", exchange.sent))
    if what in ("events", "token"):
        given += _events(exchange.at, key, exchange.sent)
    if what == "token" and exchange.answer == b"go\n":
        (instance,) = parse_qs(urlsplit(exchange.path).query)["instance"]

        def taken(state: Found) -> bool:
            attempts = state.job.attempts if state.job else ()
            return len(attempts) >= attempt and attempts[attempt - 1].instance == instance

        given.append(Promise(exchange.at, key, "token", f"the token was given to {instance}, and nobody knows", taken))
    return given


def _events(at: int, key: str, lines: bytes) -> list[Promise]:
    idents = [dict(parse_qsl(line))["id"] for line in lines.decode().split("\n") if line]
    return [Promise(at, key, "event", f"event {one} is lost", lambda s, i=one: i in s.events) for one in idents]


def _file(at: int, key: str, kind: str, place: str, content: bytes) -> Promise:
    def there(state: Found) -> bool:
        path = state.area.root / key[:2] / key / kind / place
        return path.is_file() and path.read_bytes() == content

    return Promise(at, key, kind, f"the {kind} file {place} was stored, and is not as it was sent", there)
