"""The canonical order of the events of a job: what makes the result independent of their arrival.

Sequence code, then timestamp; what is left undecided goes by the course of a job's life and then by content, so that
no two different events are equal. The registration that is first in this order comes before everything else, since
without it nothing can be judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.seqcode import (
    UNREADABLE,
    BadSequenceCode,
    CondorCode,
    PbsCode,
    SequenceCode,
    parse_condor,
    parse_pbs,
)
from gridwms.bookkeeping.seqcode import parse_or_none as parse_usual
from gridwms.bookkeeping.states import cream_state_named

_LIFE = (
    "RegJob",
    "ChangeACL",
    "GrantPayloadOwnership",
    "TakePayloadOwnership",
    "FileTransferRegister",
    "Sandbox",
    "VMCreate",
    "VMHost",
    "VMImage",
    "CREAMStart",
    "CREAMAccepted",
    "CREAMStore",
    "Accepted",
    "Refused",
    "Pending",
    "HelperCall",
    "Match",
    "HelperReturn",
    "EnQueued",
    "DeQueued",
    "Transfer",
    "CREAMCall",
    "CREAMStatus",
    "Running",
    "CREAMRunning",
    "ReallyRunning",
    "CREAMReallyRunning",
    "VMRunning",
    "FileTransfer",
    "UserTag",
    "Suspend",
    "Resume",
    "VMShutdown",
    "VMStop",
    "VMResume",
    "ResourceUsage",
    "Resubmission",
    "CollectionState",
    "CREAMDone",
    "Done",
    "VMDone",
    "Cancel",
    "CREAMCancel",
    "CREAMAbort",
    "Abort",
    "CREAMPurge",
    "Clear",
    "Purge",
)
_RANKS = {name: rank for rank, name in enumerate(_LIFE)}
_CREAM_RANKS = (
    "REGISTERED",
    "PENDING",
    "IDLE",
    "HELD",
    "RUNNING",
    "REALLY-RUNNING",
    "DONE-OK",
    "DONE-FAILED",
    "CANCELLED",
    "ABORTED",
    "PURGED",
)


Key = tuple[Any, ...]
"""The place of an event in the canonical order: family of the code, code, timestamp, rank in life, content."""

_USUAL, _CONDOR = 0, 1


def key(event: Event, code: SequenceCode | None = None) -> Key:
    """The key of an event; `code` is its usual sequence code when the caller has read it already."""
    family, place = _code(event) if code is None else (_USUAL, code)
    return (
        family,
        place,
        event.timestamp,
        _rank(event),
        event.type,
        event.source,
        event.host,
        event.level,
        event.user,
        event.seqcode,
    )


def _code(event: Event) -> tuple[int, tuple[Any, ...]]:
    usual = parse_usual(event.seqcode)
    if usual is not None:
        return _USUAL, usual
    condor = condor_code(event.seqcode)
    if condor is not None:
        return _CONDOR, condor[:4]
    return _USUAL, pbs_code(event.seqcode) or UNREADABLE


def condor_code(text: str) -> CondorCode | None:
    """The Condor code in `text`, if it is one."""
    if not text.startswith("TIMESTAMP="):
        return None
    try:
        return parse_condor(text)
    except BadSequenceCode:
        return None


def pbs_code(text: str) -> PbsCode | None:
    """The PBS code in `text`, if it is one."""
    if not text.startswith("CLIENT="):
        return None
    try:
        return parse_pbs(text)
    except BadSequenceCode:
        return None


def _rank(event: Event) -> int:
    rank = _RANKS.get(event.type, len(_RANKS)) * 16
    if event.type == "CREAMStatus":
        state = cream_state_named(event.text("new_state") or "")
        rank += _CREAM_RANKS.index(state) if state is not None else 15
    return rank


def content(event: Event) -> tuple[object, ...]:
    """Everything in an event beyond its identity, in a form that compares; of duplicates the least one counts."""
    data = tuple(sorted((name, str(value)) for name, value in event.data.items()))
    return (_rank(event), data, event.src_instance, event.priority, event.unknown, event.prog)


def of_two(known: Event, other: Event) -> Event:
    """Which of two events with the same identity counts: the same one in whatever order they came."""
    return known if content(known) <= content(other) else other


def registers(event: Event) -> bool:
    """Whether an event is a registration that tells what kind of job it is."""
    return event.type == "RegJob" and "jobtype" in event.data


def canonical(events: Iterable[Event]) -> list[Event]:
    """The events without duplicates in canonical order."""
    unique: dict[object, Event] = {}
    for event in events:
        identity = event.identity
        known = unique.get(identity)
        unique[identity] = event if known is None else of_two(known, event)
    ordered = sorted(unique.values(), key=key)
    for place, event in enumerate(ordered):
        if registers(event):
            return [event, *ordered[:place], *ordered[place + 1 :]]
    return ordered
