"""Sequence codes: the causal order of events, carried along with the job (gLite reference: sequence codes).

Every component counts its own events and hands the code on, so codes compare as integers from left to right,
whatever the clocks say. The monitors of local batch systems use codes of their own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gridwms.bookkeeping import sources


class BadSequenceCode(Exception):
    """The text is no sequence code of the family asked for."""

    def __init__(self, text: str, family: str) -> None:
        super().__init__(f"'{text[:120]}' is not a sequence code of the form {family}")
        self.text = text


class SequenceCode(NamedTuple):
    """The nine counters of a usual code."""

    ui: int = 0
    ns: int = 0
    wm: int = 0
    bh: int = 0
    jss: int = 0
    lm: int = 0
    lrms: int = 0
    app: int = 0
    lbs: int = 0

    def __str__(self) -> str:
        return _FORMAT % self


_FORMAT = "UI=%06d:NS=%010d:WM=%06d:BH=%010d:JSS=%06d:LM=%06d:LRMS=%06d:APP=%06d:LBS=%06d"
_CODE = re.compile(
    r"UI=([0-9]{1,10}):NS=([0-9]{1,10}):WM=([0-9]{1,10}):BH=([0-9]{1,10}):JSS=([0-9]{1,10})"
    r":LM=([0-9]{1,10}):LRMS=([0-9]{1,10}):APP=([0-9]{1,10})(?::LBS=([0-9]{1,10}))?"
)
UNREADABLE = SequenceCode(*(-1,) * 9)
"""What counts for a code that cannot be read: it is before all others."""

CLEARED_BY_PURGER = "UI=000009:NS=0000096669:WM=000000:BH=0000000000:JSS=000000:LM=000000:LRMS=000000:APP=000000"
"""The fixed code of a Clear that the purger logs when the real one is lost."""

ABORTED_WITHOUT_CODE = "UI=000000:NS=0000096660:WM=000000:BH=0000000000:JSS=000000:LM=000000:LRMS=000000:APP=000000"
"""The fixed code of an Abort that is logged when the real one is lost."""

PLACES: dict[str, int] = {
    sources.USER_INTERFACE: 0,
    sources.NETWORK_SERVER: 1,
    sources.WORKLOAD_MANAGER: 2,
    sources.BIG_HELPER: 3,
    sources.JOB_CONTROLLER: 4,
    sources.LOG_MONITOR: 5,
    sources.LRMS: 6,
    sources.APPLICATION: 7,
    sources.LB_SERVER: 8,
}
"""Which counter belongs to a source. The sources of CREAM, PBS and virtual machines have none."""


def parse(text: str) -> SequenceCode:
    """The code in `text`; a missing LBS counts as 0. Raises BadSequenceCode."""
    found = _CODE.fullmatch(text)
    if found is None:
        raise BadSequenceCode(text, "UI=…:NS=…:WM=…:BH=…:JSS=…:LM=…:LRMS=…:APP=…[:LBS=…]")
    return SequenceCode(*map(int, found.groups("0")))


def parse_or_none(text: str | None) -> SequenceCode | None:
    """The code in `text`; None when there is none that can be read."""
    found = _CODE.fullmatch(text) if text else None
    return None if found is None else tuple.__new__(SequenceCode, map(int, found.groups("0")))


def compare(left: str, right: str) -> int:
    """-1, 0 or 1: the order of two usual codes. Raises BadSequenceCode."""
    a, b = parse(left), parse(right)
    return (a > b) - (a < b)


def increment(code: SequenceCode, source: str) -> SequenceCode:
    """The code after `source` has logged an event; unchanged for a source without a counter."""
    place = PLACES.get(source)
    if place is None:
        return code
    counters = list(code)
    counters[place] += 1
    return SequenceCode(*counters)


def without_log_monitor(code: SequenceCode) -> SequenceCode:
    """The code with its LM counter at 0, as it counts after the first events of the log monitor."""
    return code._replace(lm=0)


class PbsCode(NamedTuple):
    """The code of the monitor of PBS and Torque."""

    client: int = 0
    server: int = 0
    sched: int = 0
    smom: int = 0
    mom: int = 0

    def __str__(self) -> str:
        return (
            f"CLIENT={self.client:06d}:SERVER={self.server:010d}:SCHED={self.sched:06d}"
            f":SMOM={self.smom:06d}:MOM={self.mom:06d}"
        )


_PBS = re.compile(r"CLIENT=([0-9]{1,10}):SERVER=([0-9]{1,10}):SCHED=([0-9]{1,10}):SMOM=([0-9]{1,10}):MOM=([0-9]{1,10})")


def parse_pbs(text: str) -> PbsCode:
    """The PBS code in `text`. Raises BadSequenceCode."""
    found = _PBS.fullmatch(text)
    if found is None:
        raise BadSequenceCode(text, "CLIENT=…:SERVER=…:SCHED=…:SMOM=…:MOM=…")
    return PbsCode(*map(int, found.groups()))


class CondorCode(NamedTuple):
    """The code of the monitor of Condor, in the order in which it sorts.

    By timestamp; within one log file by position; of two files at the same time `s`, then `m` come last.
    """

    timestamp: str
    rank: int
    source: str
    position: str
    event: int

    def __str__(self) -> str:
        return f"TIMESTAMP={self.timestamp}:POS={self.position}:EV.CODE={self.event:03d}:SRC={self.source}"


_CONDOR = re.compile(r"TIMESTAMP=([^:\s]{1,14}):POS=([^:\s]{1,10}):EV\.CODE=([0-9]{1,3}):SRC=(\S)")
_CONDOR_RANKS = {"m": 2, "s": 1}


def parse_condor(text: str) -> CondorCode:
    """The Condor code in `text`. Raises BadSequenceCode."""
    found = _CONDOR.fullmatch(text)
    if found is None:
        raise BadSequenceCode(text, "TIMESTAMP=…:POS=…:EV.CODE=…:SRC=…")
    timestamp, position, event, source = found.groups()
    return CondorCode(timestamp, _CONDOR_RANKS.get(source, 0), source, position, int(event))
