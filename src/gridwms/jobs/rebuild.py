"""The job that a set of events makes, whatever the order they are given in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gridwms.jobs.events import Decision, Event, Matched, Report
from gridwms.jobs.job import Job
from gridwms.jobs.steps import step


def canonical(events: Iterable[Event]) -> list[Event]:
    """The events in the order of replay: decisions as they were made, reports right after their attempt began.

    Remarks move nothing and are left out.
    """
    unique = {event.id: event for event in events}
    decisions = sorted((event for event in unique.values() if isinstance(event, Decision)), key=lambda event: event.id)
    reports: dict[int, list[Report]] = defaultdict(list)
    for event in unique.values():
        if isinstance(event, Report):
            reports[event.attempt].append(event)
    ordered: list[Event] = []
    for decision in decisions:
        ordered.append(decision)
        if isinstance(decision, Matched):
            ordered += sorted(reports.pop(decision.attempt, ()), key=lambda event: (event.time, event.id))
    for orphans in reports.values():
        ordered += orphans
    return ordered


def rebuild(events: Iterable[Event]) -> Job | None:
    """Replay. Raises what `step` raises when the events do not belong together; None when there are none."""
    job: Job | None = None
    for event in canonical(events):
        job, _effects = step(job, event)
    return job
