"""What events tell beyond the state: status attributes that are filled even by late events (bracketed in the table)."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.bookkeeping.machine.branches import remember
from gridwms.bookkeeping.machine.work import Branching, Work
from gridwms.bookkeeping.states import JobType, SandboxRetrieved, StateCode

Rule = Callable[[Work], bool]
"""Works an event in; False: the event is bad and changes nothing."""

JOB_TYPES = {
    "PARTITIONABLE": JobType.DAG,
    "PARTITIONED": JobType.DAG,
    **{kind.value: kind for kind in JobType},
}
"""The job type of a registration to that of the status."""

_PARENTS = frozenset({"DAG", "PARTITIONED", "COLLECTION", "FILE_TRANSFER_COLLECTION"})


def replacing(field: str, attribute: str) -> Rule:
    """The attribute of the event replaces the field, even when it is absent."""

    def rule(work: Work) -> bool:
        work.changes[field] = work.event.data.get(attribute)
        return True

    return rule


def completing(field: str, attribute: str) -> Rule:
    """The attribute of the event fills the field if it is empty."""

    def rule(work: Work) -> bool:
        if work.now(field) is None:
            work.changes[field] = work.event.data.get(attribute)
        return True

    return rule


def registration(work: Work) -> bool:
    """RegJob: what the job is."""
    event = work.event
    work.given("jdl", "jdl")
    work.changes |= {
        "parent_job": event.text("parent"),
        "network_server": event.text("ns"),
        "children_num": event.number("nsubjobs") or 0,
        "seed": event.text("seed"),
    }
    kind = event.text("jobtype")
    if kind in _PARENTS:
        work.changes["jobtype"] = JOB_TYPES[kind]
        work.changes["children_hist"] = histogram_of_new(work.changes["children_num"])
    return True


def histogram_of_new(children: int) -> tuple[int, ...]:
    """The histogram of a parent whose children have done nothing yet: all of them under Unknown."""
    return tuple(children if state is StateCode.UNKNOWN else 0 for state in StateCode)


def matched(work: Work) -> bool:
    """Match: where the job is to go."""
    destination = work.event.text("dest_id")
    if work.branching not in (Branching.TOO_OLD, Branching.BAD):
        work.changes["destination"] = destination
    if destination is not None:
        remember(work, destination=destination)
        work.changes["possible_destinations"] = (*work.now("possible_destinations"), destination)
    return True


def running(work: Work) -> bool:
    """Running: on which node."""
    node = work.event.text("node")
    if work.branching not in (Branching.TOO_OLD, Branching.BAD):
        work.changes["ce_node"] = node
    if node is not None:
        remember(work, ce_node=node)
        work.changes["possible_ce_nodes"] = (*work.now("possible_ce_nodes"), node)
    return True


def matched_jdl(work: Work) -> bool:
    """EnQueued by the WM: the description after matching; with OK it belongs to the branch."""
    jdl = work.event.text("job")
    if jdl is not None and work.event.data.get("result") == "OK":
        remember(work, jdl=jdl)
    work.changes["matched_jdl"] = jdl
    return True


def retrieved(work: Work) -> bool:
    """Clear: what became of the output sandbox."""
    code = work.event.text("reason") or ""
    if code not in SandboxRetrieved.__members__:
        return False
    work.changes["sandbox_retrieved"] = SandboxRetrieved[code]
    return True


def tagged(work: Work) -> bool:
    """UserTag: names in lower case, the newer sequence code wins."""
    name, value = work.event.text("name"), work.event.text("value")
    if name is None or value is None:
        return False
    name = name.lower()
    codes = work.known("tag_codes")
    if name in codes and codes[name] >= work.code:
        return True
    work.memory["tag_codes"] = {**codes, name: work.code}
    work.changes["user_tags"] = tuple((dict(work.now("user_tags")) | {name: value}).items())
    return True


def sandbox(work: Work) -> bool:
    """Sandbox of a computing job: by which transfers it comes and goes."""
    field = {"INPUT": "isb_transfer", "OUTPUT": "osb_transfer"}.get(work.event.text("sandbox_type") or "")
    if field is not None:
        work.given(field, "transfer_job")
    return True


def nothing(_work: Work) -> bool:
    """No attribute to fill."""
    return True
