"""Why a job is where it is, answered from what was recorded when it was decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gridwms.flow.find import find, the_job
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.parent import Parent
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.states import AT_SITE, DoneCode, State
from gridwms.store import compounds, nodes, shares, verdicts
from gridwms.store import jobs as rows
from gridwms.store.verdicts import ClassVerdict

_HISTORY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVerdict:
    """What matching said of the job's class since a time."""

    since: float
    reason: Reason | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer. `clauses`: a line for each condition that removes resources, the most telling first."""

    key: str
    state: State
    sentence: str
    advice: str
    since: float
    reason: Reason | None
    clauses: tuple[dict[str, Any], ...] = ()
    verdicts: tuple[PastVerdict, ...] = ()
    retries: tuple[Reason, ...] = ()


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
    latest = past[-1] if past else None
    held = None
    if job.state is State.WAITING:
        holds = world.database.read(lambda connection: shares.holds_of(connection, [job.account]))
        held = holds.get((job.account, job.match_class))
    reason, sentence, advice = _answer(world, job, latest)
    if held is not None:
        reason, sentence, advice = held[1], held[1].sentence, held[1].advice
    waiting = job.state is State.WAITING and latest is not None
    return Why(
        key=job.key,
        state=job.state,
        sentence=sentence,
        advice=advice,
        since=held[0] if held else latest.since if waiting and latest and latest.reason else job.state_since,
        reason=reason,
        clauses=tuple(latest.explanation.get("lines", ())) if waiting and latest else (),
        verdicts=tuple(
            PastVerdict(since=v.since, reason=v.reason, summary=v.explanation.get("summary", "")) for v in past
        ),
        retries=tuple(failure for attempt in job.attempts if (failure := _failure(attempt)) is not None),
    )


def _failure(attempt: Any) -> Reason | None:
    failure = attempt.outcome.failure if attempt.outcome else attempt.refusal
    return failure if isinstance(failure, Reason) else None


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


def _wish(job: Job) -> Reason | None:
    """What a job waits for whose class could go."""
    if job.wishes.sites:
        return reason("not_here_again", sites=", ".join(job.wishes.sites))
    return reason("more_memory_wanted", memory_mb=job.wishes.memory_mb) if job.wishes.memory_mb else None


def _answer(world: World, job: Job, latest: ClassVerdict | None) -> tuple[Reason | None, str, str]:
    """Reason, sentence and advice."""
    current = job.current
    if job.state is State.SUBMITTED and job.parent is not None:
        return None, *_held(world, job)
    if job.state is State.SUBMITTED:
        return None, "The job is registered; its input sandbox has not arrived whole.", "Send the files, then start it."
    if job.state is State.WAITING:
        wish = _wish(job)
        if wish is not None and (latest is None or latest.reason is None or latest.reason.code == "all_full"):
            return wish, wish.sentence, wish.advice
        if latest is not None and latest.reason is not None:
            return latest.reason, latest.reason.sentence, latest.reason.advice
        return job.reason, "The job is about to be matched.", "Nothing to do."
    if job.state in AT_SITE and current is not None:
        trouble = world.troubles.get(current.site, "")
        if trouble:
            return (
                None,
                f"It is at the site {current.site}, which does not answer: {trouble}",
                "The site is asked again.",
            )
        if job.cancel_requested_at is not None:
            return None, f"It was cancelled; the site {current.site} is stopping it.", "Nothing to do."
        what = {
            State.READY: f"It was matched to {current.ce} and is on its way there.",
            State.SCHEDULED: f"The site {current.site} has it and will run it when a slot of {current.ce} is free.",
            State.RUNNING: f"It runs on {current.node or 'a node'} of {current.site}.",
        }
        return None, what[job.state], "Nothing to do."
    if job.state is State.DONE and job.done_code is DoneCode.OK:
        return None, f"It is done; its exit code is {job.exit_code}.", "'gridwms output' fetches its files."
    if job.reason is not None:
        return job.reason, job.reason.sentence, job.reason.advice
    return None, f"It is {job.state}.", "Nothing to do."
