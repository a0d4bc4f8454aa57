"""Purging many jobs by how long they have been as they are."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS, Out
from gridwms.api.states import states_in
from gridwms.flow import purge
from gridwms.flow.task import job_url
from gridwms.jobs.states import State
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["ending"], responses=ERRORS)
_MOST = 500


class PurgeIn(BaseModel):
    """`older`: seconds in the state at least. `states`: DONE, CLEARED, ABORTED, CANCELLED; all of them when empty.

    `owner`: whose; empty: one's own, `*`: everybody's (operators). `dry_run`: only tell.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    older: float = Field(ge=0)
    states: list[str] = []
    owner: str = ""
    dry_run: bool = False


class OldOut(Out):
    """A job that was purged, or would be. `since`: when it came into the state it was in."""

    key: str
    id: str
    owner: str
    state: State
    since: float


class PurgedOut(Out):
    """`more`: there are others; ask again. (With `dry_run` they are not told.)"""

    jobs: list[OldOut]
    more: bool


@router.post("/purge")
def purge_old(at: AtDesk, asked: PurgeIn) -> PurgedOut:
    """Remove the files and descriptions of jobs that ended long ago, some hundreds at a time, the oldest first."""
    whose = at.whose(asked.owner, Action.PURGE)
    states = states_in(",".join(asked.states))
    found = purge.select_old(at.world, whose, states, asked.older, _MOST + 1)
    some = found[:_MOST]
    if some and not asked.dry_run:
        answers = purge.purge(at.world, at.identity.subject, [one.key for one in some])
        done = {answer.key for answer in answers if answer.done}
        some = [one for one in some if one.key in done]
    # Where nothing could be purged there is no use in asking again.
    more = len(found) > _MOST and bool(some)
    return PurgedOut(
        jobs=[
            OldOut(key=one.key, id=job_url(at.world, one.key), owner=one.owner, state=one.state, since=one.since)
            for one in some
        ],
        more=more,
    )
