"""A query as a test of one status record or one event. What is missing matches nothing, not even `<>`: as in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.event_types import EVENT_TYPES, LEVELS
from gridwms.bookkeeping.query.attributes import ATTRIBUTES, Operator, Type
from gridwms.bookkeeping.query.conditions import STATE_TIMES, Condition, Query, Value
from gridwms.bookkeeping.states import JOB_TYPE_NUMBERS
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.subjects import normal_subject

JdlOf = Callable[[JobStatus], Mapping[str, str]]
"""From a job to the attributes of its JDL, names in lower case, as text."""


def no_jdl(_status: JobStatus) -> Mapping[str, str]:
    """For callers that cannot read JDL."""
    return {}


def matches(query: Query, status: JobStatus, jdl_of: JdlOf = no_jdl, before: JobStatus | None = None) -> bool:
    """Whether a job is asked for. `before`: the status before the event at hand, for `changed`."""
    return all(any(_holds(one, status, jdl_of, before) for one in either) for either in query)


def _holds(one: Condition, status: JobStatus, jdl_of: JdlOf, before: JobStatus | None) -> bool:
    value = job_value(status, one, jdl_of)
    if one.operator is Operator.CHANGED:
        return before is not None and job_value(before, one, jdl_of) != value
    return compares(one, value)


def matches_event(query: Query, event: Event) -> bool:
    """Whether an event is asked for."""
    return all(any(compares(one, event_value(event, one)) for one in either) for either in query)


def job_value(status: JobStatus, one: Condition, jdl_of: JdlOf = no_jdl) -> Value | None:
    """What a job has of the attribute; times in seconds."""
    match one.attribute:
        case "usertag":
            return dict(status.user_tags).get(one.argument.lower())
        case "time":
            return status.state_enter_times[STATE_TIMES.index(one.argument.lower()) + 1] or None
        case "jdl":
            return jdl_of(status).get(one.argument.lower())
        case _:
            return _JOB_VALUES[one.attribute](status)


def _seconds(microseconds: int) -> int | None:
    return microseconds // 1_000_000 or None


_JOB_VALUES: dict[str, Callable[[JobStatus], Value | None]] = {
    "jobid": lambda status: status.job_id,
    "owner": lambda status: None if status.owner is None else normal_subject(status.owner),
    "status": lambda status: int(status.state),
    "location": lambda status: status.location,
    "destination": lambda status: status.destination,
    "donecode": lambda status: None if status.done_code is None else int(status.done_code),
    "resubmitted": lambda status: int(status.resubmitted),
    "parent_job": lambda status: status.parent_job,
    "exitcode": lambda status: status.exit_code,
    "stateentertime": lambda status: _seconds(status.state_enter_time),
    "lastupdatetime": lambda status: _seconds(status.last_update_time),
    "networkserver": lambda status: status.network_server,
    "jobtype": lambda status: None if status.jobtype is None else JOB_TYPE_NUMBERS[status.jobtype],
    "vm_status": lambda status: (
        None if status.machine is None or status.machine.state is None else status.machine.state.value
    ),
}


def event_value(event: Event, one: Condition) -> Value | None:
    """What an event has of the attribute; times in seconds."""
    if one.attribute == "usertag":
        name = event.text("name") if event.type == "UserTag" else None
        return event.text("value") if name is not None and name.lower() == one.argument.lower() else None
    return _EVENT_VALUES[one.attribute](event)


_EVENT_VALUES: dict[str, Callable[[Event], Value | None]] = {
    "time": lambda event: event.timestamp // 1_000_000,
    "level": lambda event: LEVELS.index(event.level) + 1,
    "host": lambda event: event.host or None,
    "source": lambda event: event.source,
    "instance": lambda event: event.src_instance or None,
    "type": lambda event: EVENT_TYPES[event.type].number,
    "chkpt_tag": lambda event: event.text("tag") if event.type == "Chkpt" else None,
}


def compares(one: Condition, value: Any) -> bool:
    """Whether a value satisfies a condition."""
    if value is None or one.value is None:
        return False
    wanted: Any = normal(one)
    match one.operator:
        case Operator.EQUAL:
            return bool(value == wanted)
        case Operator.UNEQUAL:
            return bool(value != wanted)
        case Operator.LESS:
            return bool(value < wanted)
        case Operator.GREATER:
            return bool(value > wanted)
        case Operator.WITHIN:
            return bool(wanted <= value <= one.upper)
        case _:
            return False


def normal(one: Condition) -> Value | None:
    """The value of a condition in the form in which jobs have it."""
    if one.attribute == "owner" and isinstance(one.value, str):
        return normal_subject(one.value)
    if one.attribute == "vm_status" and isinstance(one.value, str):
        return one.value.upper().removeprefix("VM_").replace("_", "-")
    return one.value


def is_time(one: Condition) -> bool:
    """Whether the condition is about a moment."""
    return ATTRIBUTES[one.attribute].type is Type.TIME
