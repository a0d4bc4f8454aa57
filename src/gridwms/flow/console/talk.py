"""What wrappers and users may do with a console. Who calls, and whether they may, has been asked before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.flow.console.console import SIGNALS, Attached, Console
from gridwms.flow.console.output import STREAMS, Piece
from gridwms.flow.errors import FlowError, NotFound, NotInState
from gridwms.flow.find import the_job
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.states import ACTIVE, State

CHUNK = 256 * 1024
"""Bytes in one answer at most."""


class NotAttached(NotFound):
    """The service does not know this attachment: it was left alone too long, or the service was started anew."""

    code = "not_attached"


class NotWriter(NotInState):
    """Somebody else writes."""

    code = "not_the_writer"


@dataclass(frozen=True, slots=True)
class Fed:
    """What a wrapper gets. `wishes`: numbered. `end`: the input ends with these bytes. `have`: what output is here."""

    data: bytes
    wishes: Sequence[tuple[int, str]]
    end: bool
    have: dict[str, int]


def feed(console: Console, offset: int, control: int, room: int, now: float, *, terminal: bool, ended: bool) -> Fed:
    """The input from `offset` on, at most `room` bytes, for the worker node, which has everything before."""
    window = console.begin(offset, control, now, terminal=terminal, ended=ended)
    before = window.have - window.taken
    data = window.read(offset, min(room, CHUNK))
    if window.have - window.taken != before:
        console.bell.ring()  # there is room again
    wishes = [(one.number, one.text) for one in console.wishes()]
    end = window.ended and offset + len(data) == window.have
    return Fed(data, wishes, end and not ended, dict(console.output.have))


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A console as somebody attached sees it. `taken`, `have`: how far the input has come; None: not begun.

    `open`: there will be more. `waiting`: the payload has not started yet.
    """

    attempt: int
    pieces: Sequence[Piece]
    writer: bool
    terminal: bool
    taken: int | None
    have: int | None
    input_ended: bool
    open: bool
    waiting: bool


def job_with_console(world: World, key: str) -> Job:
    """The job, if it is an interactive one. NotInState when it is not."""
    job = the_job(world, key)
    if job.state is not State.PURGED and not world.descriptions.of(job).interactive:
        raise NotInState(
            f"Job {key} is not interactive: nobody can be attached to it.",
            "Submit it with 'gridwms submit --interactive'; 'gridwms peek' watches the files of other jobs.",
        )
    return job


def attach(console: Console, now: float, *, write: bool, take: bool) -> Attached:
    """Attach somebody; their name is a secret between them and the service."""
    return console.attach(secrets.token_urlsafe(12), now, write=write, take=take)


def attached(console: Console, ident: str, now: float) -> Attached:
    """The one of that name, seen now. Raises NotAttached."""
    found = console.attached.get(ident)
    if found is None:
        raise NotAttached("Nobody is attached under this name.", "Attach again; the numbers of bytes stay as they are.")
    found.seen, found.dropped = now, False
    console.succeed(found, now)
    return found


def glance(console: Console, one: Attached, positions: dict[str, int], attempt: int, job: Job) -> Glance:
    """What there is beyond these positions, which say what of attempt `attempt` was read."""
    positions = positions if attempt == console.attempt else dict.fromkeys(STREAMS, 0)
    if positions != one.positions:
        one.positions = positions
        console.bell.ring()  # there may be room again
    pieces = console.output.read(one.positions, CHUNK)
    window = console.input
    ended = console.over or job.state not in (*ACTIVE, State.SUBMITTED)
    return Glance(
        attempt=console.attempt,
        pieces=pieces,
        writer=console.writer == one.ident,
        terminal=console.terminal,
        taken=None if window is None else window.taken,
        have=None if window is None else window.have,
        input_ended=window is not None and window.ended,
        open=bool(pieces) or not ended,
        waiting=window is None,
    )


def type_in(console: Console, one: Attached, offset: int, data: bytes, *, end: bool) -> None:
    """Input from the writer, numbered. Raises NotWriter, Gap, NotInState."""
    _check_writer(console, one)
    if console.input is None:
        raise NotInState(
            "The worker node has not called yet.", "Wait until it has: the console says from where on to send."
        )
    console.input.put(offset, data, end=end)
    console.bell.ring()


def resize(console: Console, one: Attached, rows: int, columns: int) -> None:
    """The size of the writer's window."""
    _check_writer(console, one)
    console.wish(f"size {rows} {columns}")


def send_signal(console: Console, one: Attached, name: str) -> None:
    """A signal for the payload, without SIG. Raises NotWriter, or FlowError for what is none."""
    _check_writer(console, one)
    if name not in SIGNALS:
        raise UnknownSignal(f"'{name[:20]}' is no signal that is passed on.", f"These are: {', '.join(SIGNALS)}.")
    console.wish(f"signal {name}")


class UnknownSignal(FlowError):
    """No signal of this name is passed on."""

    code = "unknown_signal"


def _check_writer(console: Console, one: Attached) -> None:
    if console.writer != one.ident:
        raise NotWriter("Somebody else writes to this job; you watch.", "Attach with '--take' to write in their place.")
