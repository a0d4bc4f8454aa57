"""`glite-lb-job_status`: all attributes of jobs, `name : value` a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridwms.bookkeeping.states import StateCode
from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option
from gridwms.glite.wording import clock_moment

OPTIONS = (shared.HELP, Option("x", "lbproxy", "", "accepted: there is no proxy beside the service"))
_FIRST = ("jobId", "owner", "jobtype", "parent_job")
_LAST = ("stateEnterTimes",)
_LEFT_OUT = frozenset({"state", "state_text", "children_states"})
_MOMENTS = frozenset({"stateEnterTime", "lastUpdateTime"})


def page(data: Mapping[str, Any]) -> str:
    """The status of a job."""
    names = [name for name in data if name not in _LEFT_OUT and name not in (*_FIRST, *_LAST)]
    text = f"state :  {data['state']}\n"
    text += "".join(f"{name} : {_value(name, data.get(name))}\n" for name in (*_FIRST, *names))
    text += "stateEnterTimes : \n"
    times = data.get("stateEnterTimes") or {}
    for state in StateCode:
        at = times.get(state.word)
        text += f"     {state.word.ljust(14)} {clock_moment(at) if at else '- not available -'}\n"
    return text


def _value(name: str, value: Any) -> str:
    if value is None or value in ([], {}):
        return "(null)"
    if isinstance(value, bool):
        return str(int(value))
    if name in _MOMENTS:
        return clock_moment(float(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def main(asked: Asked) -> int:
    """Print them."""
    return shared.each_job(asked, lambda lb, job: page(lb.status(job, "children")) + "\n")


COMMAND = Command("glite-lb-job_status", OPTIONS, "jobid ...", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
