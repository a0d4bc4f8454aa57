"""What users and programs say about jobs: tags, access lists, notes. Nothing moves by it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from sqlalchemy import Connection

from gridwms.bookkeeping.access.acl import Acl, IdType, Permission
from gridwms.bookkeeping.event import Value
from gridwms.flow.errors import FlowError, UnknownJob
from gridwms.flow.record import apply, without_leaving
from gridwms.flow.status import held
from gridwms.flow.world import World
from gridwms.jobs.codec import form_of
from gridwms.jobs.events import AccessChanged, Noted, Remark, Tagged
from gridwms.jobs.states import State
from gridwms.store import compounds
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import remarks as store
from gridwms.store.leaving import leaving

LONGEST_VALUE = 10_000
_NAME = re.compile(r"[^\s=\x00-\x1f\x7f]{1,100}")
NOTED = frozenset({"Chkpt", "CurDescr", "Listener", "ResourceUsage"})
"""The types of L&B events that anybody entitled may log about our jobs and that have no other meaning here."""


class BadRemark(FlowError):
    """A tag or an entry of an access list is not of the form that is foreseen; nothing was recorded."""

    code = "bad_remark"


def tag(world: World, by: str, keys: Sequence[str], tags: Mapping[str, str]) -> None:
    """Say something about jobs: name to value, the last value of a name counts. Raises BadRemark, UnknownJob."""
    now = world.clock()
    said = {name: tagged(name, value, by, now, _new_id()) for name, value in tags.items()}
    record(world, [(key, remark) for key in keys for remark in said.values()])


def share(
    world: World, by: str, keys: Sequence[str], who: str, permission: str, *, allow: bool = True, added: bool = True
) -> None:
    """Add an entry to the access lists of jobs, or remove it. `who`: a subject, an FQAN, or `vo:group`.

    Raises BadRemark, UnknownJob.
    """
    change = access_changed(id_type_of(who).value, who, permission, by, world.clock(), allow=allow, added=added)
    record(world, [(key, change) for key in keys])


def id_type_of(who: str) -> IdType:
    """How somebody is named who is named by this text: `/vo/…` without `=` is an FQAN, `vo:group` a group."""
    if who.startswith("/") and "=" not in who.split("/Role=")[0].split("/Capability=")[0]:
        return IdType.FQAN
    return IdType.GROUP if re.fullmatch(r"[\w.-]+:[\w./-]+", who) else IdType.DN


def tagged(name: str, value: str, by: str, time: float, ident: str) -> Tagged:
    """A tag. Raises BadRemark."""
    if not _NAME.fullmatch(name):
        raise BadRemark(
            f"'{name[:100]}' cannot be the name of a tag.", "Use up to 100 characters without blanks and '='."
        )
    if len(value) > LONGEST_VALUE or "\0" in value:
        raise BadRemark(
            f"The value of the tag '{name}' has {len(value)} characters, or a NUL.", f"Use up to {LONGEST_VALUE}."
        )
    return Tagged(id=ident, time=time, by=by, name=name.lower(), value=value)


def access_changed(
    id_type: str, who: str, permission: str, by: str, time: float, *, allow: bool, added: bool, ident: str = ""
) -> AccessChanged:
    """A change of an access list. Raises BadRemark."""
    if permission.upper() not in Permission.__members__:
        known = ", ".join(one.lower() for one in Permission.__members__)
        raise BadRemark(f"'{permission[:50]}' is no permission.", f"Permissions are {known}.")
    if not 0 < len(who) <= 255 or not who.isprintable():
        raise BadRemark(f"'{who[:100]}' names nobody.", "Give a subject, an FQAN (/vo/group/Role=…), or vo:group.")
    return AccessChanged(
        id=ident or _new_id(),
        time=time,
        by=by,
        id_type=IdType(id_type).value,
        who=who,
        permission=permission.upper(),
        allow=allow,
        added=added,
    )


def noted(lb_type: str, fields: Mapping[str, Value], by: str, time: float, ident: str) -> Noted:
    """An event of L&B without a meaning of its own here."""
    return Noted(id=ident, time=time, by=by, lb_type=lb_type, fields=dict(fields))


_made = count(1)


def _new_id() -> str:
    """Of two that are made at the same time by the clock, the later one sorts after the earlier one."""
    return f"user-{next(_made):012d}-{secrets.token_hex(8)}"


def record(world: World, remarks: Sequence[tuple[str, Remark]]) -> None:
    """Record remarks about jobs; durable on return. Raises UnknownJob, and records none, when one does not exist."""
    world.database.write(lambda connection: record_in(connection, world, remarks))


def record_in(connection: Connection, world: World, remarks: Iterable[tuple[str, Remark]]) -> None:
    """The same inside a transaction."""
    remarks = list(remarks)
    keys = {key for key, _remark in remarks}
    stored = without_leaving(connection, rows.members(connection, keys))
    whole = compounds.load(connection, keys - stored.keys())
    gone = leaving(connection, {number for number, parent in whole.values() if parent.state is State.PURGED})
    whole = {key: one for key, one in whole.items() if one[0] not in gone}
    for key in keys - stored.keys() - whole.keys():
        raise UnknownJob(key)
    apply(connection, world, stored, [(key, remark) for key, remark in remarks if key in stored])
    numbers = {key: one.number for key, one in stored.items()}
    for key, (number, _parent) in whole.items():
        numbers[key] = -number
        _append(connection, number, [remark for about, remark in remarks if about == key], world.clock())
    said = [(numbers[key], remark) for key, remark in remarks]
    store.put_tags(connection, [(number, remark) for number, remark in said if isinstance(remark, Tagged)])
    changed = {number for number, remark in said if isinstance(remark, AccessChanged)}
    if changed:
        store.renew_access(connection, changed)


def _append(connection: Connection, compound: int, remarks: Sequence[Remark], now: float) -> None:
    known = log.known_of_compound(connection, compound, {remark.id for remark in remarks})
    new = {remark.id: remark for remark in remarks if remark.id not in known}
    log.append_compound(connection, [(compound, one, form_of(one, None)) for one in new.values()], now)


def access(world: World, key: str) -> tuple[str, Acl]:
    """The owner and the access list of a job. Raises UnknownJob."""
    found = held(world, [key]).get(key)
    if found is None:
        raise UnknownJob(key)
    return found.owner, found.access
