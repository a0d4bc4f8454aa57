"""Cancelling, purging, and looking at jobs (gLite reference §4.5)."""

from __future__ import annotations

from typing import Any

from gridwms.api.desk import Desk
from gridwms.api.wmproxy.common import Handler, job_id
from gridwms.flow import cancel, purge, stated
from gridwms.flow.errors import NotInState
from gridwms.jobs.states import State
from gridwms.security.policy import Action

_REQUESTED = "Cancel has already been requested"


def _job_cancel(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.CANCEL)
    [answer] = cancel.cancel(at.world, at.identity.subject, [key])
    if not answer.done:
        if answer.sentence == _REQUESTED:
            raise NotInState(_REQUESTED)
        which = " (DONE)" if answer.state is State.DONE else ""
        raise NotInState(f"job status{which} doesn't allow job cancel", f"{answer.sentence}.")
    return {}


def _job_purge(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.PURGE)
    answer = purge.retire(at.world, at.identity.subject, key)
    if not answer.done:
        raise NotInState("Job current status doesn't allow purge operation", f"{answer.sentence}.")
    return {}


def _get_jdl(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.READ)
    return {"jdl": stated.description(at.world, key, original=values["type"] == "ORIGINAL")}


def _get_job_status(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.STATUS)
    state, children = stated.states(at.world, key)
    return {
        "JobStatusStruct": {
            **_status(at, key, state),
            "childrenJob": [_status(at, child, state) for child, state in children],
        }
    }


def _status(at: Desk, key: str, state: State) -> dict[str, Any]:
    return {"jobid": job_id(at, key), "status": state.value.capitalize()}


HANDLERS: dict[str, Handler] = {
    "jobCancel": _job_cancel,
    "jobPurge": _job_purge,
    "getJDL": _get_jdl,
    "getJobStatus": _get_job_status,
}
