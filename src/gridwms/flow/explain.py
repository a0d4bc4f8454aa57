"""Why a job is where it is, answered from what was recorded when it was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gridwms.flow.find import the_job
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import AT_SITE, DoneCode, State
from gridwms.store import verdicts
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
    job = the_job(world, key)
    past = world.database.read(lambda connection: verdicts.history(connection, job.match_class, _HISTORY))
    past = [verdict for n, verdict in enumerate(past) if n + 1 == len(past) or past[n + 1].since > job.submitted_at]
    latest = past[-1] if past else None
    reason, sentence, advice = _answer(world, job, latest)
    waiting = job.state is State.WAITING and latest is not None
    return Why(
        key=key,
        state=job.state,
        sentence=sentence,
        advice=advice,
        since=latest.since if waiting and latest and latest.reason else job.state_since,
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


def _answer(world: World, job: Job, latest: ClassVerdict | None) -> tuple[Reason | None, str, str]:
    """Reason, sentence and advice."""
    current = job.current
    if job.state is State.SUBMITTED:
        return None, "The job is registered; its input sandbox has not arrived whole.", "Send the files, then start it."
    if job.state is State.WAITING:
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
