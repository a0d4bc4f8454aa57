"""Logging and Bookkeeping: lines of ULM in and out, the status with the attributes of L&B, tags, access lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import PlainTextResponse, Response

from gridwms.api.desk import Archived, AtDesk, Desk
from gridwms.api.errors import BadQuery, error_out
from gridwms.api.models.bookkeeping import (
    AccessOut,
    AllSaidOut,
    LbEventsOut,
    LbJobOut,
    LinesIn,
    LoggedOut,
    RefusedLineOut,
    SaidOut,
    ShareIn,
    TagsIn,
)
from gridwms.api.models.problem import ERRORS
from gridwms.bookkeeping.json_view import event_data, status_data
from gridwms.bookkeeping.query.errors import QueryError
from gridwms.bookkeeping.query.flags import Flags, parse_flags
from gridwms.bookkeeping.text_view import job_text
from gridwms.flow import remarks
from gridwms.flow.archive import look as archive
from gridwms.flow.bookkeeping import log, show
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["bookkeeping"], responses=ERRORS)
Job = Annotated[str, Query(description="the key or id of a job, or the L&B id of a job of another system")]
_LINES = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {"schema": {"type": "string", "description": "lines of ULM, in UTF-8"}},
            "application/json": {"schema": LinesIn.model_json_schema()},
        },
    }
}


@router.post("/events", openapi_extra=_LINES)
async def log_events(request: Request, at: AtDesk) -> LoggedOut:
    """Log events: lines of ULM, about jobs of other systems or remarks about ours. What is not refused is on disk.

    Sending a line again does no harm.
    """
    await to_thread.run_sync(at.may, Action.RECORD)
    texts = _texts(await request.body(), request.headers.get("content-type", ""))
    refused = await to_thread.run_sync(log.log, at.world, at.identity.subject, texts, at.judge)
    there = sum(1 for text in texts if text.strip())
    return LoggedOut(
        taken=there - len(refused),
        refused=[RefusedLineOut(line=one.line + 1, error=error_out(one.error)) for one in refused],
    )


@router.get("/bookkeeping", response_model=LbJobOut)
def bookkeeping(
    at: AtDesk,
    job: Job,
    flags: Annotated[str, Query(description="what else: classadd, children, childstat; joined by +")] = "",
    form: Annotated[Literal["json", "text"], Query(alias="format")] = "json",
    archived: Archived = False,
) -> LbJobOut | Response:
    """The status of a job with all attributes of L&B; as text: lines `key=value`."""
    if archived:
        found = archive.find(at.world, at.asker, job, Action.STATUS).status
    else:
        found = show.status(at.world, at.any_job(job, Action.STATUS), _flags(flags))
    return PlainTextResponse(job_text(found)) if form == "text" else LbJobOut(job=status_data(found))


@router.get("/bookkeeping/events", response_model=LbEventsOut)
def bookkeeping_events(
    at: AtDesk,
    job: Job,
    form: Annotated[Literal["json", "ulm"], Query(alias="format")] = "json",
    archived: Archived = False,
) -> LbEventsOut | Response:
    """The events of a job in the words of L&B."""
    if archived:
        found = list(archive.find(at.world, at.asker, job, Action.READ).events)
    else:
        found = show.events(at.world, at.any_job(job, Action.READ))
    if form == "ulm":
        return PlainTextResponse(show.lines(found))
    return LbEventsOut(events=[event_data(event) for event in found])


@router.post("/jobs/tag")
def tag_jobs(at: AtDesk, body: TagsIn) -> AllSaidOut:
    """Say something of jobs: user tags, the last value of a name counts."""
    return _said(at, body.jobs, Action.TAG, lambda keys: remarks.tag(at.world, at.identity.subject, keys, body.tags))


@router.post("/jobs/share")
def share_jobs(at: AtDesk, body: ShareIn) -> AllSaidOut:
    """Let others look at jobs (read), see their status (status) or tag them (tag), or no longer; owners may."""
    entry = body.entry

    def share(keys: Sequence[str]) -> None:
        remarks.share(
            at.world,
            at.identity.subject,
            keys,
            entry.who,
            entry.permission,
            allow=entry.allow,
            added=body.change == "add",
        )

    return _said(at, body.jobs, Action.SHARE, share)


@router.get("/jobs/{key}/access")
def job_access(at: AtDesk, key: str) -> AccessOut:
    """Who may do something with a job."""
    return AccessOut.of(*remarks.access(at.world, at.job(key, Action.READ)))


def _texts(body: bytes, content_type: str) -> list[str]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        return [line.decode("utf-8", "replace") for line in body.split(b"\n")]
    try:
        return LinesIn.model_validate_json(body).lines
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_context=False, include_input=False)) from error


def _said(at: Desk, jobs: Sequence[str], action: Action, say: Callable[[Sequence[str]], None]) -> AllSaidOut:
    keys, refused = at.jobs(jobs, action)
    if keys:
        say(keys)
    return AllSaidOut(
        jobs=[
            SaidOut(asked=job, done=job not in refused, error=error_out(refused[job]) if job in refused else None)
            for job in jobs
        ]
    )


def _flags(text: str) -> Flags:
    try:
        return parse_flags(text)
    except QueryError as error:
        raise BadQuery(f"{error}.", "Flags are classadd, children, childstat.") from error
