"""What users want of a whole compound: start, cancel, clear, purge, retry. Answered when durable; done in sweeps."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from gridwms.flow.answer import Answer
from gridwms.flow.compound.progress import keep_state, record_parent
from gridwms.flow.compound.sweep import finish
from gridwms.flow.world import World
from gridwms.jobs.events import Aborted, Accepted, CancelRequested, Cleared, Event, Prioritized, Purged, Retried
from gridwms.jobs.histogram import Histogram, failures
from gridwms.jobs.parent import Parent, parent_decision_id
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.states import DoneCode, State
from gridwms.store import compounds

_AT_ONCE = 5
"""Steps of a sweep that are done before the answer: most compounds are small enough to be done with then."""

Wish = Callable[[str, Parent, Histogram, float], Event | str]
"""The event that begins what is wanted, or a sentence why nothing is to be done."""


def start(world: World, number: int) -> Answer:
    """Let the nodes of a compound go, once its input has arrived. One that was started before is left as it is."""

    def wish(ident: str, parent: Parent, _histogram: Histogram, now: float) -> Event | str:
        if parent.started_at is not None or parent.over:
            return f"it is {parent.state} already"
        return Accepted(id=ident, time=now)

    return _begin(world, number, "advance", "", None, wish)


def cancel(world: World, by: str, number: int) -> Answer:
    """Cancel all nodes that have not ended."""

    def wish(ident: str, parent: Parent, _histogram: Histogram, now: float) -> Event | str:
        if parent.over:
            return f"it is {parent.state} already: nothing to cancel"
        if parent.cancel_requested_at is not None:
            return "Cancel has already been requested"
        return CancelRequested(id=ident, time=now, by=by)

    return _begin(world, number, "cancel", by, None, wish)


def abort(world: World, number: int, why: Reason) -> Answer:
    """Give up all nodes that have not come to a site."""

    def wish(ident: str, parent: Parent, _histogram: Histogram, now: float) -> Event | str:
        return f"it is {parent.state} already" if parent.over else Aborted(id=ident, time=now, reason=why)

    return _begin(world, number, "abort", "", why, wish)


def clear(world: World, number: int) -> Answer:
    """Note that the output of all nodes that are done was fetched."""

    def wish(ident: str, parent: Parent, histogram: Histogram, now: float) -> Event | str:
        if not any(bucket.state is State.DONE and bucket.done_code is DoneCode.OK for bucket in histogram):
            return f"it is {parent.state}: none of its nodes is done and not cleared"
        return Cleared(id=ident, time=now, reason=reason("output_retrieved"))

    return _begin(world, number, "clear", "", None, wish)


def purge(world: World, number: int, why: Reason) -> Answer:
    """Remove the files and descriptions of a compound and of all its nodes, when all have ended."""

    def wish(ident: str, parent: Parent, _histogram: Histogram, now: float) -> Event | str:
        if parent.state is State.PURGED:
            return "it was purged before"
        return Purged(id=ident, time=now, reason=why) if parent.over else f"it is {parent.state}: cancel it first"

    return _begin(world, number, "purge", "", why, wish)


def retry(world: World, by: str, number: int) -> Answer:
    """Try all nodes again that failed, were given up or cancelled; those after them follow (the rescue of a DAG)."""
    # A cancel that is still under way is brought to its end first: its nodes are among those to be tried again.
    finish(world, number)

    def wish(ident: str, parent: Parent, histogram: Histogram, now: float) -> Event | str:
        if parent.state is State.PURGED:
            return "it was purged: submit it again"
        return Retried(id=ident, time=now, by=by) if failures(histogram) else "none of its nodes has failed"

    return _begin(world, number, "retry", by, None, wish)


def prioritize(world: World, by: str, number: int, priority: int) -> Answer:
    """Give all nodes that have not ended another priority."""

    def wish(ident: str, parent: Parent, _histogram: Histogram, now: float) -> Event | str:
        if parent.over:
            return f"it is {parent.state} already: its priority has no meaning any more"
        return Prioritized(id=ident, time=now, priority=priority, by=by)

    return _begin(world, number, "priority", by, None, wish)


_REPLACED = {"cancel": ("retry", "advance", "reopen", "abort"), "abort": ("advance", "reopen")}
"""Whoever wishes the first does not want the others to go on."""
_SENTENCES = {
    "advance": "started",
    "cancel": "cancelled",
    "abort": "given up",
    "clear": "cleared",
    "purge": "purged",
    "priority": "its nodes get this priority",
    "retry": "{count} nodes are tried again",
}


def _begin(world: World, number: int, kind: str, by: str, why: Reason | None, wish: Wish) -> Answer:
    now = world.clock()

    def work(connection: Connection) -> tuple[Parent, str, int]:
        parent = compounds.load_numbers(connection, [number])[number]
        histogram = compounds.counts(connection, [number])[number]
        event = wish(parent_decision_id(parent), parent, histogram, now)
        if isinstance(event, str):
            return parent, event, 0
        compounds.drop_tasks(connection, number, _REPLACED.get(kind, ()))
        compounds.put_task(connection, number, kind, by, why)
        parent = record_parent(connection, number, parent, [event], now)
        return keep_state(connection, number, parent, histogram, now), "", failures(histogram)

    parent, refusal, count = world.database.write(work)
    if refusal:
        return Answer(parent.key, False, refusal, parent.state)
    finish(world, number, _AT_ONCE)
    parent = world.database.read(lambda connection: compounds.load_numbers(connection, [number]))[number]
    sentence = _SENTENCES[kind].format(count=count)
    if kind == "cancel" and parent.state is not State.CANCELLED and not parent.over:
        sentence = "its nodes are asked to stop"
    return Answer(parent.key, True, sentence, parent.state)
