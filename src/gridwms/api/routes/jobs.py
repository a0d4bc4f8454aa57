"""Jobs: handing in, starting, looking."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from gridwms.api.descriptions import DESCRIPTIONS, Texts
from gridwms.api.desk import Archived, AtDesk, Desk, key_in
from gridwms.api.errors import error_out
from gridwms.api.models.job import EventOut, HistoryOut, JobOrError, JobOut, JobPageOut, Jobs, JobsOrErrors
from gridwms.api.models.market import WhyOut
from gridwms.api.models.problem import ERRORS, ProblemOut
from gridwms.api.models.submission import RegistrationOut, RegistrationsOut, StateOut, StatesOut, UploadOut
from gridwms.api.states import states_in
from gridwms.flow import explain, status, submit
from gridwms.flow.archive import look
from gridwms.flow.credentials import carried
from gridwms.flow.errors import Refused
from gridwms.flow.task import job_url
from gridwms.jobs.priority import HIGHEST, LOWEST
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=ERRORS)


@router.post("", status_code=201, openapi_extra=DESCRIPTIONS)
def submit_jobs(
    at: AtDesk,
    handed: Texts,
    response: Response,
    idempotency_key: Annotated[str, Header(description="the same key and body again: the same jobs")] = "",
    priority: Annotated[
        int | None, Query(ge=LOWEST, le=HIGHEST, description="in the place of those in the descriptions")
    ] = None,
    delegation: Annotated[
        str | None,
        Query(
            description="whose credentials the jobs carry; empty: none; left out: the one of your subject and groups"
        ),
    ] = None,
) -> RegistrationsOut:
    """Submit descriptions: one JDL as the body, or many as JSON. The good ones are accepted whatever the others are.

    A job without files to upload starts at once; for the others send the files, then POST to `/jobs/start`. A single
    description that is refused is answered with 422; of many, each has its answer (200 when none is accepted).
    """
    at.may(Action.SUBMIT)
    who = at.identity
    answers = submit.register(
        at.world,
        who.subject,
        who.vo,
        handed.texts,
        idempotency_key,
        handed.dialects,
        fqan=who.groups[0] if who.groups else "",
        priority=priority,
        delegation=carried.choose(at.world, who, delegation),
    )
    if all(answer.key is None for answer in answers):
        if not handed.many:
            raise Refused(answers[0].problems)
        response.status_code = 200
    return RegistrationsOut(jobs=[_registration(at, answer) for answer in answers])


@router.post("/start")
def start_jobs(at: AtDesk, jobs: Jobs) -> StatesOut:
    """Let registered jobs be matched, once their files have arrived. All or none; started ones stay as they are."""
    keys, refused = at.jobs(jobs.jobs, Action.FEED)
    for error in refused.values():
        raise error
    states = submit.start(at.world, keys)
    return StatesOut(jobs=[StateOut(key=key, id=_id(at, key), state=state) for key, state in states.items()])


@router.get("")
def list_jobs(
    at: AtDesk,
    owner: Annotated[str, Query(description="whose; empty: your own, `*`: everybody's (operators)")] = "",
    state: Annotated[str, Query(description="only in these states, separated by commas")] = "",
    after: Annotated[int | None, Query(description="`next` of the page before", ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JobPageOut:
    """Jobs, the newest first, page by page."""
    owned_by = at.whose(owner, Action.LIST)
    page = status.list_jobs(at.world, owner=owned_by, states=states_in(state), after=after, limit=limit)
    return JobPageOut(jobs=[JobOut.of(view) for view in page.jobs], next=None if page.next is None else str(page.next))


@router.post("/status")
def status_of_jobs(at: AtDesk, jobs: Jobs) -> JobsOrErrors:
    """Many jobs at once; an error in the place of one that cannot be shown."""
    keys, refused = at.jobs(jobs.jobs, Action.STATUS)
    views = {view.key: view for view in status.status(at.world, keys)}
    return JobsOrErrors(
        jobs=[
            JobOrError(asked=job, error=error_out(refused[job]))
            if job in refused
            else JobOrError(asked=job, job=JobOut.of(views[key_in(job)]))
            for job in jobs.jobs
        ]
    )


@router.get("/{key}")
def job_status(at: AtDesk, key: str, archived: Archived = False) -> JobOut:
    """One job as it is now."""
    if archived:
        return JobOut.of(look.view(at.world, at.asker, key))
    [view] = status.status(at.world, [at.job(key, Action.STATUS)])
    return JobOut.of(view)


@router.get("/{key}/nodes")
def job_nodes(
    at: AtDesk,
    key: str,
    state: Annotated[str, Query(description="only in these states, separated by commas")] = "",
    failed: Annotated[bool, Query(description="only those that failed, were given up or cancelled")] = False,
    after: Annotated[int, Query(description="`next` of the page before", ge=-1)] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    archived: Archived = False,
) -> JobPageOut:
    """The nodes of a compound in their order, page by page."""
    states = states_in(state)
    if archived:
        page = look.nodes(at.world, at.asker, key, states=states, failed=failed, after=after, limit=limit)
    else:
        compound = at.job(key, Action.READ)
        page = status.nodes_of(at.world, compound, states=states, failed=failed, after=after, limit=limit)
    return JobPageOut(jobs=[JobOut.of(view) for view in page.jobs], next=None if page.next is None else str(page.next))


@router.get("/{key}/history")
def job_history(at: AtDesk, key: str, archived: Archived = False) -> HistoryOut:
    """Everything that happened to a job."""
    world = at.world
    events = look.history(world, at.asker, key) if archived else status.history(world, at.job(key, Action.READ))
    return HistoryOut(events=[EventOut.of(event, job_url(at.world, event.key)) for event in events])


@router.get("/{key}/why")
def job_why(at: AtDesk, key: str) -> WhyOut:
    """Why a job is where it is, from what was recorded when it was decided."""
    found = explain.why(at.world, at.job(key, Action.READ))
    fields = {name: getattr(found, name) for name in found.__slots__}
    return WhyOut.model_validate(fields | {"id": _id(at, found.key)})


def _registration(at: Desk, answer: submit.Registration) -> RegistrationOut:
    key = answer.key
    return RegistrationOut(
        id=_id(at, key) if key else None,
        key=key,
        state=answer.state,
        uploads=[
            UploadOut(
                key=upload.key or key or "",
                index=upload.index,
                name=upload.name,
                local=upload.local,
                url=f"{at.settings.url}/api/v1/jobs/{upload.key or key}/input/{upload.index}",
            )
            for upload in answer.uploads
        ],
        problems=[ProblemOut.model_validate(problem) for problem in answer.problems],
        nodes=answer.nodes,
    )


def _id(at: Desk, key: str) -> str:
    return job_url(at.world, key)
