"""Why a job is where it is, from what was recorded when it was decided and what holds now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gridwms.flow import whereabouts
from gridwms.flow.credentials.outlook import carrying
from gridwms.flow.find import find, the_job
from gridwms.flow.outlook import Outlook, outlook
from gridwms.flow.world import World
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import AT_SITE, State
from gridwms.jobs.verdict import STOPPED, why_departed
from gridwms.match.changes import changes
from gridwms.match.explain import best_change
from gridwms.store import compounds, nodes, verdicts
from gridwms.store import jobs as rows
from gridwms.store.verdicts import ClassVerdict

_HISTORY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVerdict:
    """What matching said of the job's class since a time."""

    since: float
    reason: Reason | None
    summary: str
    changes: tuple[str, ...] = ()
    """What differs from the verdict before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer. `clauses`: a line for each condition that removes resources now, the most telling first. `best`: the
    single change that would open the most. `misses`: resources that nearly match. `changes`: what differs now from the
    last verdict that was recorded."""

    key: str
    state: State
    sentence: str
    advice: str
    since: float
    reason: Reason | None
    clauses: tuple[dict[str, Any], ...] = ()
    verdicts: tuple[PastVerdict, ...] = ()
    retries: tuple[Reason, ...] = ()
    best: str = ""
    misses: tuple[dict[str, Any], ...] = ()
    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What its owner should know before it harms the job."""


def why(world: World, key: str) -> Why:
    """Why this job is in the state it is in. Raises UnknownJob."""
    found = find(world, [key])
    if found.compounds:
        return _compound(world, *found.compounds[key])
    return _single(world, the_job(world, key))


def _compound(world: World, number: int, parent: Parent) -> Why:
    """The states of its nodes, and why the first of those that wait does; or why the first that failed did."""
    histogram = world.database.read(lambda connection: compounds.counts(connection, [number]))[number]
    states: dict[State, int] = {}
    for bucket, count in histogram.items():
        states[bucket.state] = states.get(bucket.state, 0) + count
    parts = ", ".join(f"{states[state]} {state}" for state in State if state in states)
    sentence = f"Of its {parent.nodes} nodes {parts}."
    if parent.started_at is None and not parent.over:
        sentence, advice = "Its input sandbox has not arrived whole.", "Send the files, then start it."
        return _told(parent, sentence, advice)
    telling = (State.ABORTED, State.CANCELLED) if parent.over else (State.WAITING,)
    numbers = world.database.read(
        lambda connection: nodes.in_states(connection, number, number + parent.nodes, telling, 1)
    )
    if not numbers:
        return _told(parent, sentence, parent.reason.advice if parent.reason else "Nothing to do.")
    [(_number, job)] = world.database.read(lambda connection: rows.load_numbers(connection, numbers)).values()
    first = _single(world, job)
    said = f"{sentence} Node '{job.node_name}': {first.sentence}"
    return replace(first, key=parent.key, state=parent.state, since=parent.state_since, sentence=said)


def _told(parent: Parent, sentence: str, advice: str) -> Why:
    return Why(
        key=parent.key,
        state=parent.state,
        sentence=sentence,
        advice=advice,
        since=parent.state_since,
        reason=parent.reason,
    )


def _single(world: World, job: Job) -> Why:
    past = world.database.read(lambda connection: verdicts.history(connection, job.match_class, _HISTORY))
    past = [verdict for n, verdict in enumerate(past) if n + 1 == len(past) or past[n + 1].since > job.submitted_at]
    told = _outlook(world, job, past)
    return Why(
        key=job.key,
        state=job.state,
        sentence=told.sentence,
        advice=told.advice,
        since=told.since,
        reason=told.reason,
        clauses=tuple(told.explanation.get("lines", ())),
        verdicts=tuple(
            PastVerdict(
                since=verdict.since,
                reason=verdict.reason,
                summary=verdict.explanation.get("summary", ""),
                changes=changes(past[n - 1].explanation, verdict.explanation) if n else (),
            )
            for n, verdict in enumerate(past)
        ),
        retries=tuple(failure for attempt in job.attempts if (failure := _failure(job, attempt)) is not None),
        misses=tuple(told.explanation.get("misses", ())),
        best=best_change(told.explanation.get("lines", ())),
        changes=told.changes,
        warnings=_warnings(world, job),
    )


def _warnings(world: World, job: Job) -> tuple[str, ...]:
    carried = world.database.read(lambda connection: carrying(world, connection, [job]))
    return tuple(one.warning for one in carried.values() if one.warning)


def _outlook(world: World, job: Job, past: list[ClassVerdict]) -> Outlook:
    if job.state is State.WAITING:
        return outlook(world, job, past)
    reason, sentence, advice = _answer(world, job)
    return Outlook(reason=reason, sentence=sentence, advice=advice, since=job.state_since, explanation={})


def _failure(job: Job, attempt: Attempt) -> Reason | None:
    """Why an attempt failed. A wrapper that was told to end knows the signal, and its site perhaps what it was for."""
    departure = attempt.departure
    if attempt.outcome is None:
        if departure is None or attempt.refusal is not None or job.cancel_requested_at is not None:
            return attempt.refusal
        return why_departed(attempt, departure)
    failure = attempt.outcome.failure
    told = departure.reason if departure is not None else None
    return told if told is not None and failure is not None and failure.code in STOPPED else failure


def _held(world: World, job: Job) -> tuple[str, str]:
    """Why a node was not let go yet: sentence and advice."""
    compound = job.parent or 0
    parent, blockers = world.database.read(
        lambda c: (compounds.load_numbers(c, [compound])[compound], nodes.blockers_of(c, compound + job.node))
    )
    if parent.started_at is None:
        return f"The input sandbox of {parent.key} has not arrived whole.", "Send the files, then start it."
    if blockers:
        return f"It waits for {blockers} other nodes to end.", "Nothing to do: it goes when they have."
    return f"At most {parent.max_running} nodes may run at once; it waits for its turn.", "Nothing to do."


def _answer(world: World, job: Job) -> tuple[Reason | None, str, str]:
    """Reason, sentence and advice of a job that does not wait for a match."""
    current = job.current
    if job.state is State.SUBMITTED and job.parent is not None:
        return None, *_held(world, job)
    if job.state is State.SUBMITTED:
        what = "The job is registered; its input sandbox has not arrived whole"
        return None, *whereabouts.incomplete(world, job, what)
    if job.state in AT_SITE and current is not None:
        return None, *whereabouts.at_site(world, job, current)
    if whereabouts.is_done_well(job):
        return None, *whereabouts.done(world, job)
    if job.reason is not None:
        return job.reason, job.reason.sentence, job.reason.advice
    return None, f"It is {job.state}.", "Nothing to do."
