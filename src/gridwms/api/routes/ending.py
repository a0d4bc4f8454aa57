"""Cancelling, clearing, purging, trying again and putting in order: one job, or many in one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter

from gridwms.api.desk import AtDesk, Desk, key_in
from gridwms.api.errors import error_out
from gridwms.api.models.ending import EndOut, EndsOut, PriorityIn
from gridwms.api.models.job import Jobs
from gridwms.api.models.problem import ERRORS
from gridwms.flow import cancel, collect, prioritize, purge, retry
from gridwms.flow.answer import Answer
from gridwms.flow.task import job_url
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/jobs", tags=["ending"], responses=ERRORS)


@router.post("/cancel")
def cancel_jobs(at: AtDesk, jobs: Jobs) -> EndsOut:
    """Ask that jobs end. One at a site is cancelled when the site confirms."""
    return _many(at, jobs.jobs, Action.CANCEL, lambda keys: cancel.cancel(at.world, at.identity.subject, keys))


@router.post("/clear")
def clear_jobs(at: AtDesk, jobs: Jobs) -> EndsOut:
    """Note that the output of jobs was fetched, or is not wanted."""
    return _many(at, jobs.jobs, Action.CLEAR, lambda keys: collect.clear(at.world, keys))


@router.post("/purge")
def purge_jobs(at: AtDesk, jobs: Jobs) -> EndsOut:
    """Remove the files and descriptions of ended jobs; their records stay."""
    return _many(at, jobs.jobs, Action.PURGE, lambda keys: purge.purge(at.world, at.identity.subject, keys))


@router.post("/retry")
def retry_jobs(at: AtDesk, jobs: Jobs) -> EndsOut:
    """Try jobs again that failed, were given up or cancelled. Of a compound: its nodes that did."""
    return _many(at, jobs.jobs, Action.RETRY, lambda keys: retry.retry(at.world, at.identity.subject, keys))


@router.post("/priority")
def prioritize_jobs(at: AtDesk, wish: PriorityIn) -> EndsOut:
    """Change the priority of jobs among those of their owner: the highest goes first. Of a compound: of its nodes."""
    by = at.identity.subject
    return _many(
        at, wish.jobs, Action.PRIORITIZE, lambda keys: prioritize.prioritize(at.world, by, keys, wish.priority)
    )


@router.post("/{key}/cancel")
def cancel_job(at: AtDesk, key: str) -> EndOut:
    """Ask that a job end."""
    return _one(at, key, Action.CANCEL, lambda keys: cancel.cancel(at.world, at.identity.subject, keys))


@router.post("/{key}/clear")
def clear_job(at: AtDesk, key: str) -> EndOut:
    """Note that the output of a job was fetched, or is not wanted."""
    return _one(at, key, Action.CLEAR, lambda keys: collect.clear(at.world, keys))


@router.post("/{key}/purge")
def purge_job(at: AtDesk, key: str) -> EndOut:
    """Remove the files and the description of an ended job."""
    return _one(at, key, Action.PURGE, lambda keys: purge.purge(at.world, at.identity.subject, keys))


@router.post("/{key}/retry")
def retry_job(at: AtDesk, key: str) -> EndOut:
    """Try a job again, or what failed of a compound."""
    return _one(at, key, Action.RETRY, lambda keys: retry.retry(at.world, at.identity.subject, keys))


_End = Callable[[Sequence[str]], Sequence[Answer]]


def _one(at: Desk, job: str, action: Action, end: _End) -> EndOut:
    [answer] = end([at.job(job, action)])
    return _out(at, job, answer)


def _many(at: Desk, jobs: Sequence[str], action: Action, end: _End) -> EndsOut:
    keys, refused = at.jobs(jobs, action)
    answers = {answer.key: answer for answer in (end(keys) if keys else ())}
    return EndsOut(
        jobs=[
            EndOut(asked=job, error=error_out(refused[job])) if job in refused else _out(at, job, answers[key_in(job)])
            for job in jobs
        ]
    )


def _out(at: Desk, asked: str, answer: Answer) -> EndOut:
    return EndOut(
        asked=asked,
        key=answer.key,
        id=job_url(at.world, answer.key),
        done=answer.done,
        sentence=answer.sentence,
        state=answer.state,
    )
