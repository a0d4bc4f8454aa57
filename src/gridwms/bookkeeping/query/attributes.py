"""The attributes that can be asked for, as data: their type, the operators they take, what is said when they do not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Operator(StrEnum):
    """How a value is compared."""

    EQUAL = "="
    LESS = "<"
    GREATER = ">"
    WITHIN = "within"
    UNEQUAL = "<>"
    CHANGED = "changed"
    """Only in notifications: the attribute is another than before."""


class Type(Enum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "seconds since the epoch; fractions do not count"
    STATE = "number of a state"
    DONE_CODE = "number of a done code"
    JOB_TYPE = "number of a job type"
    LEVEL = "number of a logging level"
    EVENT_TYPE = "number of an event type"


class Subject(Enum):
    """What is asked for."""

    JOBS = "jobs"
    EVENTS = "events"
    NOTIFICATIONS = "notifications"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the language."""

    name: str
    type: Type = Type.TEXT
    what: str = ""
    """What it is called in the complaint about its operators."""
    operators: frozenset[Operator] = frozenset(Operator) - {Operator.CHANGED}
    argument: str = ""
    """What stands in brackets after it: `tag`, `state` or `jdl`."""
    of_jobs: bool = True
    of_events: bool = False


_ALIKE = frozenset({Operator.EQUAL, Operator.UNEQUAL})

ATTRIBUTES: dict[str, Attribute] = {
    one.name: one
    for one in (
        Attribute("jobid", what="jobid", operators=_ALIKE | {Operator.GREATER}),
        Attribute("owner", what="job owner", operators=_ALIKE),
        Attribute("status", Type.STATE),
        Attribute("location", what="job location", operators=_ALIKE),
        Attribute("destination", what="job destinations", operators=_ALIKE),
        Attribute("donecode", Type.DONE_CODE),
        Attribute("usertag", what="user tags of events", argument="tag", of_events=True),
        Attribute("time", Type.TIME, argument="state", of_events=True),
        Attribute("resubmitted", Type.NUMBER, what="resubmitted attr", operators=_ALIKE),
        Attribute("parent_job", what="job parent", operators=_ALIKE),
        Attribute("exitcode", Type.NUMBER),
        Attribute("jdl", what="JDL attributes", operators=_ALIKE, argument="jdl"),
        Attribute("stateentertime", Type.TIME),
        Attribute("lastupdatetime", Type.TIME),
        Attribute("networkserver", what="network server", operators=_ALIKE),
        Attribute("jobtype", Type.JOB_TYPE, what="job type", operators=_ALIKE),
        Attribute("vm_status", what="status of virtual machines", operators=_ALIKE),
        Attribute("level", Type.LEVEL, of_jobs=False, of_events=True),
        Attribute("host", what="host", operators=_ALIKE, of_jobs=False, of_events=True),
        Attribute("source", what="source", operators=_ALIKE, of_jobs=False, of_events=True),
        Attribute("instance", what="instance", operators=_ALIKE, of_jobs=False, of_events=True),
        Attribute("type", Type.EVENT_TYPE, of_jobs=False, of_events=True),
        Attribute("chkpt_tag", what="checkpoint tag", operators=_ALIKE, of_jobs=False, of_events=True),
    )
}
"""All attributes by name."""

_ALIASES = {
    "parent": "parent_job",
    "parentjob": "parent_job",
    "done_code": "donecode",
    "exit_code": "exitcode",
    "network_server": "networkserver",
    "user_tag": "usertag",
    "usertags": "usertag",
    "user_tags": "usertag",
    "job_type": "jobtype",
    "job_id": "jobid",
    "state": "status",
    "event_type": "type",
    "vmstatus": "vm_status",
    "jdl_attr": "jdl",
}


def attribute_named(name: str) -> Attribute | None:
    """The attribute of this name, any case and usual spelling; None when there is none."""
    name = name.lower()
    return ATTRIBUTES.get(_ALIASES.get(name, name))
