"""Who may see and log what, from owner, payload owner, access list and policy; and the reduced records."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from enum import Enum

from gridwms.bookkeeping.access.acl import Acl, Client, Permission
from gridwms.bookkeeping.access.policy import Action, Policy
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.subjects import same_subject

REFUSED = "Not allowed to log events here"
"""What a client is told whose event is refused (EPERM)."""


class View(Enum):
    """What a client may see of a job."""

    FULL = "everything"
    ANONYMIZED = "everything, with persons made unrecognisable"
    MONITORING = "state, destination and times"
    NOTHING = "nothing"


def is_owner(status: JobStatus, client: Client) -> bool:
    """Whether a client owns a job or its payload."""
    owners = (status.owner, status.payload_owner)
    return any(one is not None and same_subject(one, client.subject) for one in owners)


def view_of(status: JobStatus, acl: Acl, policy: Policy, client: Client) -> View:
    """What a client may see of a job."""
    if is_owner(status, client) or acl.allows(client, Permission.READ):
        return View.FULL
    if policy.permits(Action.ADMIN_ACCESS, client) or policy.permits(Action.READ_ALL, client):
        return View.FULL
    if policy.permits(Action.READ_ANONYMIZED, client):
        return View.ANONYMIZED
    return View.MONITORING if policy.permits(Action.STATUS_FOR_MONITORING, client) else View.NOTHING


_CE = frozenset({"Running", "ReallyRunning", "Done"})
_GENERAL = frozenset({"CurDescr", "UserTag", "ChangeACL"})


def action_of(event: Event, *, foreign: bool = False) -> Action:
    """Under which action of the policy an event is logged; `foreign`: its job id is that of another server."""
    if event.type == "RegJob":
        return Action.REGISTER_FOREIGN if foreign else Action.REGISTER_JOBS
    if event.type in _CE:
        return Action.LOG_CE_EVENTS
    if event.type in _GENERAL:
        return Action.LOG_GENERAL_EVENTS
    return Action.GRANT_OWNERSHIP if event.type == "GrantPayloadOwnership" else Action.LOG_WMS_EVENTS


def may_log(
    event: Event,
    client: Client,
    policy: Policy | None,
    status: JobStatus | None = None,
    acl: Acl | None = None,
    *,
    foreign: bool = False,
) -> bool:
    """Whether a client may log an event. Without a policy any authenticated client may; `status`: None before RegJob.

    Owners may tag their jobs, change their access lists and hand payloads over; who is granted a payload may take it;
    an access list may let others tag.
    """
    if not client.subject:
        return False
    if policy is None or policy.permits(Action.ADMIN_ACCESS, client):
        return True
    if policy.permits(action_of(event, foreign=foreign), client):
        return True
    if status is None:
        return False
    match event.type:
        case "UserTag":
            return is_owner(status, client) or (acl is not None and acl.allows(client, Permission.TAG))
        case "ChangeACL" | "GrantPayloadOwnership":
            return is_owner(status, client)
        case "TakePayloadOwnership":
            return True
        case _:
            return False


def for_monitoring(status: JobStatus) -> JobStatus:
    """The record that monitoring may see: state, kind, destination, server, times and the submitting host."""
    return JobStatus(
        job_id=status.job_id,
        state=status.state,
        jobtype=status.jobtype,
        destination=status.destination,
        network_server=status.network_server,
        state_enter_time=status.state_enter_time,
        last_update_time=status.last_update_time,
        state_enter_times=status.state_enter_times,
        ui_host=status.ui_host,
    )


def anonymous(subject: str, salt: str) -> str:
    """A subject that can be told from others and not be recognised: salted SHA-256, in hexadecimal digits."""
    return hashlib.sha256((salt + subject).encode()).hexdigest()


def anonymized(status: JobStatus, salt: str) -> JobStatus:
    """The record with owner and payload owner made unrecognisable."""

    def hidden(subject: str | None) -> str | None:
        return None if subject is None else anonymous(subject, salt)

    return replace(status, owner=hidden(status.owner), payload_owner=hidden(status.payload_owner))
