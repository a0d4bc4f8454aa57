"""Lines of ULM that somebody logs: about jobs of other systems they are stored; about ours they become remarks."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.ulm import UlmError, parse_line, write_line
from gridwms.flow.bookkeeping.intake import Line, take_in
from gridwms.flow.bookkeeping.named import Booked, Named, booked, named
from gridwms.flow.bookkeeping.settle import settle
from gridwms.flow.errors import FlowError, NotPermitted, UnknownJob
from gridwms.flow.remarks import NOTED, access_changed, noted, record_in, tagged
from gridwms.flow.status import held, held_job
from gridwms.flow.world import World
from gridwms.jobs.events import Remark
from gridwms.security.policy import Action, Decision, OneJob

LONGEST_LINE = 1 << 20
AT_ONCE = 1000
"""Lines in one transaction."""
Judge = Callable[[Action, OneJob], Decision]
"""What the policy says to the caller's doing something to a job."""


class BadLine(FlowError):
    """A line is no event."""

    code = "bad_line"


class NotLoggable(FlowError):
    """The service logs such events of its own jobs itself."""

    code = "not_loggable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line was not taken; `line` counts from 0."""

    line: int
    error: FlowError


@dataclass(frozen=True, slots=True)
class _Read:
    place: int
    event: Event
    text: str
    job: Named


def log(world: World, by: str, texts: Sequence[str], judge: Judge) -> list[Refusal]:
    """Record the events of these lines; those that were refused. All others are durable on return.

    Empty lines are passed over. A line that is known already is taken and makes nothing new. `by`: who logs; an event
    that names nobody is the caller's.
    """
    refused: list[Refusal] = []
    trusted = judge(Action.LOG, OneJob(key="of another system", owner="")).yes
    read = []
    for place, text in enumerate(texts):
        if not text.strip():
            continue
        try:
            read.append(_read(world, place, text, by, trusted=trusted))
        except FlowError as error:
            refused.append(Refusal(place, error))
    for first in range(0, len(read), AT_ONCE):
        refused += _part(world, read[first : first + AT_ONCE], judge, trusted=trusted)
    return sorted(refused, key=lambda one: one.line)


def _read(world: World, place: int, text: str, by: str, *, trusted: bool) -> _Read:
    text = text.rstrip("\r\n")
    if len(text) > LONGEST_LINE:
        raise BadLine(f"The line has {len(text)} characters.", f"At most {LONGEST_LINE} are taken.")
    try:
        event = parse_line(text)
    except UlmError as error:
        raise BadLine(f"The line is no event: {error}.", "See docs/user/bookkeeping.md.") from error
    job = named(world, event.job)
    if event.user and event.user != by and not trusted:
        raise NotPermitted(
            f"{by} may not log events of {event.user[:200]}.", "Leave DG.USER out, or log with the token of that user."
        )
    whole = replace(event, user=event.user or by, job=job.id)
    return _Read(place, whole, text if whole == event else write_line(whole).rstrip("\n"), job)


def _part(world: World, lines: Sequence[_Read], judge: Judge, *, trusted: bool) -> list[Refusal]:
    ours = [line for line in lines if line.job.key]
    others = [line for line in lines if not line.job.key]
    remarks, refused = _remarks(world, ours, judge)
    if not trusted:
        others, more = _permitted(world, others, judge)
        refused += more
    taken = [Line(line.event, line.text) for line in others]

    def work(connection: Connection) -> None:
        if remarks:
            record_in(connection, world, remarks)
        take_in(connection, taken, world.clock())

    if remarks or taken:
        world.database.write(work)
        world.logged_at = time.monotonic()
    return refused


def _remarks(world: World, lines: Sequence[_Read], judge: Judge) -> tuple[list[tuple[str, Remark]], list[Refusal]]:
    """What lines say about our jobs, as remarks."""
    known = held(world, {line.job.key for line in lines}) if lines else {}
    found: list[tuple[str, Remark]] = []
    refused: list[Refusal] = []
    for line in lines:
        key = line.job.key
        try:
            if key not in known:
                raise UnknownJob(key)
            decision = judge(_action(line.event), held_job(key, known[key]))
            if not decision.yes:
                raise NotPermitted(decision.reason, decision.advice)
            found.append((key, _remark(line.event, world.clock())))
        except FlowError as error:
            refused.append(Refusal(line.place, error))
    return found, refused


_ACTIONS = {"UserTag": Action.TAG, "ChangeACL": Action.SHARE}


def _action(event: Event) -> Action:
    return _ACTIONS.get(event.type, Action.LOG)


def _remark(event: Event, now: float) -> Remark:
    data, time = event.data, min(event.timestamp / 1_000_000, now)
    ident = f"log-{hashlib.sha256(repr(event.identity).encode()).hexdigest()[:24]}"
    match event.type:
        case "UserTag":
            return tagged(str(data.get("name", "")), str(data.get("value", "")), event.user, time, ident)
        case "ChangeACL":
            if not {"user_id", "user_id_type", "permission", "permission_type", "operation"} <= data.keys():
                raise BadLine("A ChangeACL event must say whom, what and how.", "See docs/user/bookkeeping.md.")
            return access_changed(
                str(data["user_id_type"]),
                str(data["user_id"]),
                str(data["permission"]),
                event.user,
                time,
                allow=data["permission_type"] == "ALLOW",
                added=data["operation"] == "ADD",
                ident=ident,
            )
        case kind if kind in NOTED:
            return noted(kind, data, event.user, time, ident)
    raise NotLoggable(
        f"Events of type {event.type} about jobs of this service are logged by the service itself.",
        f"What can be logged: UserTag, ChangeACL, {', '.join(sorted(NOTED))}.",
    )


def _permitted(world: World, lines: Sequence[_Read], judge: Judge) -> tuple[list[_Read], list[Refusal]]:
    """The lines about jobs of other systems that a caller may log who is not trusted with all of them."""
    names = {line.job.id for line in lines}
    settle(world.database, len(names), names)
    known = booked(world, names)
    for line in lines:
        if line.event.type == "RegJob":
            known.setdefault(line.job.id, Booked(line.event.user, ""))
    permitted: list[_Read] = []
    refused: list[Refusal] = []
    for line in lines:
        job = known.get(line.job.id, Booked("", ""))
        owner = line.event.user if line.event.type == "TakePayloadOwnership" else job.owner_for(line.event.user)
        decision = judge(_action(line.event), OneJob(key=line.job.id, owner=owner, access=job.access))
        if decision.yes:
            permitted.append(line)
        else:
            refused.append(Refusal(line.place, NotPermitted(decision.reason, decision.advice)))
    return permitted, refused
