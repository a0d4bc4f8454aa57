"""Who may look at a job beside its owner (gLite reference §4.6)."""

from __future__ import annotations

from typing import Any

from gridwms.api.desk import Desk
from gridwms.api.wmproxy.common import Handler, items
from gridwms.api.wmproxy.faults import BadArgument, NoSuchEntry
from gridwms.flow import remarks
from gridwms.security.policy import Action

_PERMISSION = "READ"


def _listed(at: Desk, key: str) -> list[str]:
    _owner, access = remarks.access(at.world, key)
    return [one.user_id for one in access.entries if one.allow and one.permission.name == _PERMISSION]


def _get_acl_items(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    return {"items": items(_listed(at, at.job(values["jobId"], Action.READ)))}


def _add_acl_items(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.SHARE)
    wanted = [one or "" for one in values["items"]["Item"]]
    if not wanted:
        raise BadArgument("The list of items to be added is empty.", "Name subjects or FQANs.")
    for who in wanted:
        remarks.share(at.world, at.identity.subject, [key], who, _PERMISSION)
    return {}


def _remove_acl_item(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.SHARE)
    who = values["item"]
    if who not in _listed(at, key):
        raise NoSuchEntry(f"'{who[:200]}' is not on the access list of the job.", "getACLItems tells who is.")
    remarks.share(at.world, at.identity.subject, [key], who, _PERMISSION, added=False)
    return {}


HANDLERS: dict[str, Handler] = {
    "getACLItems": _get_acl_items,
    "addACLItems": _add_acl_items,
    "removeACLItem": _remove_acl_item,
}
