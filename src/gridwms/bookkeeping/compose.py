"""A line of ULM made of what somebody typed."""

from __future__ import annotations

import time
from collections.abc import Mapping

from gridwms.bookkeeping.event_types import type_named
from gridwms.bookkeeping.sources import source_named
from gridwms.bookkeeping.ulm import UlmError, escape, parse_line, write_line


class BadEvent(Exception):
    """What was typed is no event. `what` is wrong: type, source or attribute; a sentence."""

    def __init__(self, what: str, sentence: str) -> None:
        super().__init__(sentence)
        self.what = what


def compose(
    job: str, kind: str, values: Mapping[str, str], *, source: str, host: str, now: float, seqcode: str = ""
) -> str:
    """The line of an event without its end. `values`: its attributes by name; `now`: seconds since the epoch.

    Raises BadEvent.
    """
    known = type_named(kind)
    if known is None:
        raise BadEvent("type", f"'{kind}' is not the type of an event")
    spelled = source_named(source)
    if spelled is None:
        raise BadEvent("source", f"'{source}' is not a source of events")
    names = {one.name for one in known.fields}
    written = ""
    for name, value in values.items():
        if name not in names:
            takes = ", ".join(sorted(names)) or "none"
            raise BadEvent("attribute", f"'{name}={value}': {known.name} takes {takes}")
        written += f' DG.{known.name.upper()}.{name.upper()}="{escape(value)}"'
    date = time.strftime("%Y%m%d%H%M%S", time.gmtime(now)) + f".{int(now % 1 * 1_000_000):06d}"
    text = (
        f'DATE={date} HOST="{escape(host)}" DG.SOURCE="{spelled}" DG.EVNT="{known.name}" '
        f'DG.JOBID="{escape(job)}" DG.SEQCODE="{escape(seqcode)}"{written}'
    )
    try:
        return write_line(parse_line(text)).rstrip("\n")
    except UlmError as error:
        raise BadEvent("attribute", str(error)) from error
