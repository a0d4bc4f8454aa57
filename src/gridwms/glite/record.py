"""What the record of a job tells the commands that act on it: its state, its nodes, the service that has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gridwms.glite.failure import Failure
from gridwms.glite.jobids import server_of, unique_of
from gridwms.glite.lb import Lb, LbError

if TYPE_CHECKING:
    from gridwms.glite.servers import Servers
    from gridwms.glite.session import Session
    from gridwms.glite.wmproxy import WmProxy

_TOLD = 1000
"""Children whose states come with their parent's."""


@dataclass(frozen=True)
class Record:
    """The status of a job, as L&B has it."""

    id: str
    data: dict[str, Any]

    @property
    def state(self) -> str:
        """Its word, such as `Done`."""
        return str(self.data.get("state", ""))

    @property
    def state_text(self) -> str:
        """As it is printed: `Done (Success)`."""
        return str(self.data.get("state_text", self.state))

    @property
    def done_code(self) -> str:
        """OK, FAILED or CANCELLED; "" before the end."""
        return str(self.data.get("done_code") or "") if self.state == "Done" else ""

    @property
    def exit_code(self) -> int:
        """Of the payload."""
        return int(self.data.get("exit_code") or 0)

    @property
    def parent(self) -> str:
        """The id of its parent; "" if it has none."""
        return str(self.data.get("parent_job") or "")

    @property
    def compound(self) -> bool:
        """Whether it has nodes."""
        return str(self.data.get("jobtype") or "SIMPLE") not in ("SIMPLE", "None") or bool(self.data.get("children"))

    @property
    def endpoint(self) -> str:
        """The WMProxy that took it in; "" when the record does not say."""
        told = str(self.data.get("network_server") or "")
        return told if told.startswith("https://") else ""


def read_record(session: Session, job: str, flags: str = "") -> Record:
    """The record of a job. Raises Failure."""
    lb = Lb(session.user, session.servers.trusted)
    try:
        return Record(job, lb.status(job, flags))
    except LbError as error:
        raise Failure("Operation failed", f"Unable to retrieve the status for: {job}\n{error}") from error
    finally:
        lb.close()


def children(session: Session, parent: Record) -> list[tuple[Record, str]]:
    """The nodes of a compound job with their names. Raises Failure."""
    from gridwms.glite.description import node_name

    lb = Lb(session.user, session.servers.trusted)
    try:
        found = [(job, lb.status(job)) for job in node_ids(lb, parent.id, parent.data)]
    except LbError as error:
        raise Failure("Operation failed", f"Unable to retrieve the nodes of: {parent.id}\n{error}") from error
    finally:
        lb.close()
    return [(Record(job, data), node_name(str(data.get("jdl") or "")) or unique_of(job)) for job, data in found]


def node_ids(lb: Lb, parent: str, data: Mapping[str, Any]) -> list[str]:
    """The ids of the nodes of a job, from its status with the states of its children. Raises LbError."""
    told = [str(one["jobId"]) for one in data.get("children_states") or () if isinstance(one, dict)]
    if len(told) < _TOLD:
        return told
    return [str(one["id"]) for one in lb.query(server_of(parent), f"parent_job={quote(parent, safe='')}")]


def server_for(session: Session, record: Record) -> WmProxy:
    """The service that has the job: its record's, its parent's, or one that is configured. Raises Failure."""
    endpoint = record.endpoint
    if not endpoint and record.parent:
        endpoint = read_record(session, record.parent).endpoint
    return _connect(session.servers, endpoint, record.id)


def _connect(servers: Servers, endpoint: str, job: str) -> WmProxy:
    if endpoint:
        return servers.connect(endpoint)
    if servers.urls:
        return servers.connect(servers.urls[0])
    raise Failure("Operation failed", f"Unable to retrieve the endpoint URL of the job:\n{job}")


def warnings_text(warnings: Sequence[str]) -> str:
    """What `--debug` sums up at the end."""
    if not warnings:
        return ""
    found = "\n".join(f" - {one}" for one in warnings)
    return f"The following warnings/errors have been found during the operation(s):\n{found}\n"
