"""Access lists of jobs in the form of GACL, and the ChangeACL events that make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.order import canonical
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.subjects import same_subject


class BadAcl(Exception):
    """The text is no access list, or a ChangeACL event cannot be applied."""


class Permission(StrEnum):
    """What may be done with a job; GACL's words for it."""

    READ = "read"
    TAG = "write"
    STATUS = "status"
    """Ours alone, no event of L&B can say it: to see the status, and not the events."""


class IdType(StrEnum):
    """By what an entry knows a client."""

    DN = "DN"
    GROUP = "GROUP"
    """`vo:group`"""
    FQAN = "FQAN"


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: certificate subject and VOMS attributes."""

    subject: str
    fqans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: whom it is about and what it allows or denies."""

    id_type: IdType
    user_id: str
    permission: Permission
    allow: bool = True

    def applies_to(self, client: Client) -> bool:
        """Whether this is about the client."""
        match self.id_type:
            case IdType.DN:
                return same_subject(self.user_id, client.subject)
            case IdType.FQAN:
                return any(_plain(self.user_id) == _plain(fqan) for fqan in client.fqans)
            case IdType.GROUP:
                vo, _, group = self.user_id.partition(":")
                wanted = "/" + (group or vo).strip("/")
                return any(_group(fqan) == wanted and _group(fqan).split("/")[1] == vo for fqan in client.fqans)


def _plain(fqan: str) -> str:
    return fqan.removesuffix("/Capability=NULL").removesuffix("/Role=NULL")


def _group(fqan: str) -> str:
    return fqan.split("/Role=")[0].split("/Capability=")[0]


@dataclass(frozen=True, slots=True)
class Acl:
    """The list of a job, in the order in which the entries were added."""

    entries: tuple[Entry, ...] = ()

    def allows(self, client: Client, permission: Permission) -> bool:
        """Whether some entry allows it and none denies it."""
        about = [one for one in self.entries if one.permission is permission and one.applies_to(client)]
        return bool(about) and all(one.allow for one in about)


NOBODY = Acl()


def changed(acl: Acl, event: Event) -> Acl:
    """The list after a ChangeACL event. Adding what is there and removing what is not changes nothing.

    Raises BadAcl when the event lacks something.
    """
    data = event.data
    try:
        id_type, permission = IdType(str(data["user_id_type"])), Permission[str(data["permission"])]
        entry = Entry(id_type, str(data["user_id"]), permission, data["permission_type"] == "ALLOW")
        operation = data["operation"]
    except (KeyError, ValueError) as error:
        raise BadAcl(f"a ChangeACL event without a usable {error}") from None
    if id_type is IdType.GROUP and ":" not in entry.user_id:
        raise BadAcl(f"'{entry.user_id[:80]}' is not a group of the form vo:group")
    if operation == "REMOVE":
        return Acl(tuple(one for one in acl.entries if one != entry))
    return acl if entry in acl.entries else Acl((*acl.entries, entry))


def acl_of(events: Iterable[Event]) -> Acl:
    """The list that the events of a job make, in any order of arrival; what cannot be applied is passed over."""
    acl = Acl()
    for event in canonical(event for event in events if event.type == "ChangeACL"):
        try:
            acl = changed(acl, event)
        except BadAcl:
            continue
    return acl


def acl_data(acl: Acl) -> list[list[str | bool]]:
    """The list as JSON types."""
    return [[one.id_type.value, one.user_id, one.permission.value, one.allow] for one in acl.entries]


def read_acl(data: Iterable[Sequence[Any]]) -> Acl:
    """The reverse of `acl_data`."""
    return Acl(tuple(Entry(IdType(kind), who, Permission(what), bool(yes)) for kind, who, what, yes in data))


def with_acl(status: JobStatus, acl: Acl) -> JobStatus:
    """The status with its access list, as GACL (`acl`) and for people (`access_rights`, one entry a line)."""
    if not acl.entries:
        return replace(status, acl=None, access_rights=None)
    lines = (
        f"{'allow' if one.allow else 'deny'} {one.permission.name} {one.id_type} {one.user_id}" for one in acl.entries
    )
    return replace(status, acl=write_gacl(acl), access_rights="\n".join(lines))


_CREDENTIALS = {IdType.DN: ("person", "dn"), IdType.FQAN: ("voms", "fqan")}


def write_gacl(acl: Acl) -> str:
    """The list as GACL text, on one line."""
    out = ['<?xml version="1.0"?><gacl version="0.0.1">']
    for one in acl.entries:
        if one.id_type is IdType.GROUP:
            vo, _, group = one.user_id.partition(":")
            credential = f"<voms-cred><vo>{_escape(vo)}</vo><group>{_escape(group)}</group></voms-cred>"
        else:
            outer, inner = _CREDENTIALS[one.id_type]
            credential = f"<{outer}><{inner}>{_escape(one.user_id)}</{inner}></{outer}>"
        verdict = "allow" if one.allow else "deny"
        out.append(f"<entry>{credential}<{verdict}><{one.permission.value}/></{verdict}></entry>")
    return "".join([*out, "</gacl>"])


_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescape(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return _ENTITIES[found[1]]
        number = int(found[2]) if found[2] else int(found[3], 16)
        if number > 0x10FFFF:
            raise BadAcl(f"there is no character {number}")
        return chr(number)

    return _ENTITY.sub(one, text)


_TOKEN = re.compile(r"<(/?)([A-Za-z-]{1,20})((?:[ \t\r\n]+[A-Za-z:]+=\"[^\"<]*\")*)[ \t\r\n]*(/?)>|([^<]+)", re.DOTALL)
_SKIPPED = (("<!--", "-->"), ("<?", "?>"))
_OUTER = {"person": IdType.DN, "voms": IdType.FQAN, "voms-cred": IdType.GROUP}


def read_gacl(text: str) -> Acl:
    """The list in GACL text. Raises BadAcl; entities are not declared there, so none can grow."""
    entries: list[Entry] = []
    path: list[str] = []
    found: dict[str, str] = {}
    kind: IdType | None = None
    position, end = 0, len(text.rstrip(" \t\r\n"))
    while position < end:
        if (after := _after_skipped(text, position)) > position:
            position = after
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            raise BadAcl(f"not GACL at character {position}: {text[position : position + 30]!r}")
        position = token.end()
        closing, name, _, single, words = token.groups()
        if words is not None:
            if path and (value := words.strip(" \t\r\n")):
                found[path[-1]] = _unescape(value)
            continue
        if closing:
            if not path or path.pop() != name:
                raise BadAcl(f"</{name}> does not close anything (character {position})")
            if name == "entry":
                kind, found = None, {}
            continue
        if not path and name != "gacl":
            raise BadAcl(f"expected <gacl>, not <{name}>")
        if name in _OUTER:
            kind = _OUTER[name]
        if path and path[-1] in ("allow", "deny"):
            entries += _entry(kind, found, name, allow=path[-1] == "allow")
        if not single:
            path.append(name)
    if path:
        raise BadAcl(f"<{path[-1]}> is not closed")
    if not text.strip():
        raise BadAcl("an empty text")
    return Acl(tuple(entries))


def _after_skipped(text: str, position: int) -> int:
    """Where a comment or declaration that begins here ends; the same position when there is none."""
    for opening, closing in _SKIPPED:
        if text.startswith(opening, position):
            end = text.find(closing, position + len(opening))
            if end < 0:
                raise BadAcl(f"'{opening}' at character {position} does not end")
            return end + len(closing)
    return position


def _entry(kind: IdType | None, found: dict[str, str], permission: str, *, allow: bool) -> list[Entry]:
    if permission not in [one.value for one in Permission]:
        return []
    match kind:
        case IdType.DN:
            who = found.get("dn")
        case IdType.FQAN:
            who = found.get("fqan")
        case IdType.GROUP:
            who = f"{found['vo']}:{found['group']}" if {"vo", "group"} <= found.keys() else None
        case None:
            who = None
    if kind is None or not who:
        raise BadAcl(f"an entry that allows or denies <{permission}/> to nobody")
    return [Entry(kind, who, Permission(permission), allow)]
