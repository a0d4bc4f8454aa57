"""What can happen to a job: facts with an id and a time, stored before anything is done about them.

*Decisions* are made by the service itself, one after the other for each job: their ids are numbered.
*Reports* come from sites and wrappers about one attempt: late, twice and in any order. A report's id is
made by its sender (`<source>-<attempt>-…`), so the same fact sent twice has the same id.
*Remarks* are about the job and move nothing: user tags, access lists, what a program notes down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from gridwms.jobs.reasons import Reason


class Source(StrEnum):
    """Who saw it happen."""

    SERVICE = "service"
    USER = "user"
    SITE = "site"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Any event. `time` is seconds since the epoch on the clock of its source."""

    type: ClassVar[str]
    id: str
    time: float
    source: Source = Source.SERVICE


class Decision(Event):
    """Made by the service, or by a user through it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Event):
    """Seen by a site or a wrapper, about one attempt."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Event):
    """Said about a job by a user or a program: kept, and moves nothing. Its id is made by whoever hands it in."""

    by: str
    source: Source = Source.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Decision):
    """The job exists from now on. Its description is stored apart, under `description`."""

    type: ClassVar[str] = "Registered"
    id: str = "d000000000"
    key: str
    owner: str
    vo: str
    description: str
    match_class: str
    retry_count: int
    shallow_retry_count: int
    expires_at: float | None = None
    parent: int | None = None
    """The row number of the compound that it is a node of; its number, name and value there."""
    node: int = 0
    node_name: str = ""
    value: str = ""
    fqan: str = ""
    """The group, or VOMS FQAN, that its owner submitted it as."""
    priority: int = 0
    """Among the jobs of its owner; the highest goes first."""
    delegation: str = ""
    """The name of the delegation of its owner that it goes by; of a node, that of its compound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Decision):
    """The input sandbox is complete; the job may be matched. `expires_at`: when that is known only now."""

    type: ClassVar[str] = "Accepted"
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried(Decision):
    """Somebody wants a job that ended to be tried again, as if it were new. `ready`: it may be matched at once.

    Of a compound: its failed nodes.
    """

    type: ClassVar[str] = "Retried"
    by: str
    ready: bool = True
    expires_at: float | None = None
    source: Source = Source.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class CompoundRegistered(Decision):
    """A compound job and all of its nodes exist from now on. The nodes are listed apart (`store/tables/compounds`).

    `started`: no file is awaited; then nodes that wait for nothing were accepted at once, unless `max_running` is set.
    `nodes_expire_at`: for nodes without an ExpiryTime of their own that were. `shared`: name, path and URL of the
    files of its input sandbox.
    """

    type: ClassVar[str] = "CompoundRegistered"
    id: str = "d000000000"
    key: str
    owner: str
    vo: str
    kind: str
    description: str
    nodes: int
    max_running: int
    started: bool
    nodes_expire_at: float
    shared: list[list[str]] = field(default_factory=list)
    user_tags: list[list[str]] = field(default_factory=list)
    fqan: str = ""
    delegation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesRegistered(Decision):
    """The nodes of a compound are listed. Their first events, so many, come before this one."""

    type: ClassVar[str] = "NodesRegistered"
    id: str = "d000000001"
    nodes: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesState(Decision):
    """The states of its nodes make this the state of a compound (L&B: CollectionState)."""

    type: ClassVar[str] = "NodesState"
    state: str
    done_code: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched(Decision):
    """A new attempt at a computing element."""

    type: ClassVar[str] = "Matched"
    attempt: int
    site: str
    ce: str
    rank: float | None
    considered: int
    matching: int
    slots: int = 1
    """How many slots it takes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmitted(Decision):
    """The current attempt is over; the job waits for another. `shallow`: its payload had not started.

    `counted`: whether it uses up one of the job's retries. `avoid`: a site at which it is not to be tried again.
    `memory_mb`: how much memory the next attempts ask for; 0: as before.
    """

    type: ClassVar[str] = "Resubmitted"
    attempt: int
    shallow: bool
    reason: Reason
    counted: bool = True
    avoid: str = ""
    memory_mb: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested(Decision):
    """Somebody entitled wants the job to end."""

    type: ClassVar[str] = "CancelRequested"
    by: str
    source: Source = Source.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Prioritized(Decision):
    """Its place among the waiting jobs of its owner was changed. Of a compound: that of its nodes."""

    type: ClassVar[str] = "Prioritized"
    priority: int
    by: str
    source: Source = Source.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Decision):
    """The job ended at the user's wish."""

    type: ClassVar[str] = "Cancelled"
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted(Decision):
    """The system gave the job up."""

    type: ClassVar[str] = "Aborted"
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared(Decision):
    """The output was fetched, or given up."""

    type: ClassVar[str] = "Cleared"
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged(Decision):
    """Files and description were removed."""

    type: ClassVar[str] = "Purged"
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Report):
    """The site took the attempt; `receipt` is its name for it."""

    type: ClassVar[str] = "Delivered"
    receipt: str
    source: Source = Source.SITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Report):
    """The site did not take the attempt, and surely has not got it."""

    type: ClassVar[str] = "Refused"
    reason: Reason
    source: Source = Source.SITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Running(Report):
    """The attempt started on a worker node (seen by the wrapper or by the site)."""

    type: ClassVar[str] = "Running"
    node: str = ""
    source: Source = Source.WORKER


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadStarted(Report):
    """The token was taken by this instance of the wrapper: from here on a retry is a deep one."""

    type: ClassVar[str] = "PayloadStarted"
    instance: str
    source: Source = Source.WORKER


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed(Report):
    """Something worth telling that moves nothing: a truncated file, a missing output file."""

    type: ClassVar[str] = "Noticed"
    reason: Reason
    source: Source = Source.WORKER


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Report):
    """The wrapper's last word. Without `failure` the attempt went well, whatever the payload's `exit_code`.

    `usage`: resource to quantity, seconds for `real`, `user`, `system`, KiB for `memory` (the most at once).
    """

    type: ClassVar[str] = "Finished"
    exit_code: int | None = None
    failure: Reason | None = None
    usage: dict[str, float] = field(default_factory=dict)
    source: Source = Source.WORKER


class EndKind(StrEnum):
    """How an attempt left its site, as the site tells it."""

    COMPLETED = "completed"
    KILLED = "killed"
    CANCELLED = "cancelled"
    GONE = "gone"
    """The site answers, and surely does not have it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Report):
    """The attempt is no longer at the site, and all that its wrapper left there has been read."""

    type: ClassVar[str] = "Ended"
    kind: EndKind
    exit_code: int | None = None
    reason: Reason | None = None
    source: Source = Source.SITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged(Remark):
    """A user tag: the value that was said last counts. `name` is in lower case."""

    type: ClassVar[str] = "Tagged"
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring(Remark):
    """Its output was not fetched, and its files and its description are removed at `kept_until`."""

    type: ClassVar[str] = "Expiring"
    kept_until: float
    by: str = "the service"
    source: Source = Source.SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChanged(Remark):
    """An entry was added to the access list of the job, or removed from it.

    `id_type`: DN, GROUP or FQAN. `permission`: READ, STATUS or TAG. `allow` False: the entry denies.
    """

    type: ClassVar[str] = "AccessChanged"
    id_type: str
    who: str
    permission: str
    allow: bool
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Remark):
    """An event of L&B that has no meaning of its own here; `fields` are its attributes."""

    type: ClassVar[str] = "Noted"
    lb_type: str
    fields: dict[str, str | int | float] = field(default_factory=dict)


UNREAD = frozenset({"id", "receipt", "instance", "usage"})
"""Fields of decisions and reports that no rule of the life cycle reads. Of a remark none is read."""

EVENT_TYPES: dict[str, type[Event]] = {
    cls.type: cls
    for cls in (
        Registered,
        Accepted,
        Matched,
        Resubmitted,
        CancelRequested,
        Prioritized,
        Cancelled,
        Aborted,
        Cleared,
        Purged,
        Retried,
        CompoundRegistered,
        NodesRegistered,
        NodesState,
        Delivered,
        Refused,
        Running,
        PayloadStarted,
        Noticed,
        Finished,
        Ended,
        Tagged,
        Expiring,
        AccessChanged,
        Noted,
    )
}
