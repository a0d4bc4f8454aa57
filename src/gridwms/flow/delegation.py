"""Delegation: a user lets the service act with a proxy of theirs, under a name (gLite reference §4.2).

The service makes a key and a request, the user signs it with their own proxy, and the chain comes back. The key is
never out of the service, and at rest it is sealed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from gridwms.flow.credentials.pace import PROXY, next_try
from gridwms.flow.errors import FlowError
from gridwms.flow.world import World
from gridwms.security.believing import Believing
from gridwms.security.identity import Identity
from gridwms.security.seal import BrokenSeal, Seal
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind
from gridwms.x509.credential import Credential, key_pem, new_key, read_credential, read_key, request_for, split
from gridwms.x509.errors import X509Error

MOST_PER_USER = 1000
UNANSWERED_SECONDS = 300.0
"""How long the key of a request waits for its proxy."""
_NAME = re.compile(r"[\w.:@+-]{1,255}", re.ASCII)


class DelegationRefused(FlowError):
    """The proxy, or the name for it, cannot be taken."""

    code = "delegation_refused"


class UnknownDelegation(FlowError):
    """The user has no delegation of this name."""

    code = "unknown_delegation"


class OtherDelegation(DelegationRefused):
    """A delegation stands for something else than the caller does now."""

    code = "other_delegation"


class DelegationExpired(DelegationRefused):
    """The proxy, or what it says about its holder, has run out."""

    code = "delegation_expired"


def name_for(identity: Identity) -> str:
    """The name of a delegation that the user gave none: the same for the same subject and FQANs, as GridSite's."""
    text = "\0".join((identity.subject, *identity.groups))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def request(world: World, identity: Identity, name: str) -> str:
    """A new key, and the request for a proxy of it (PEM). An earlier delegation of the name stays until `put`.

    Raises DelegationRefused.
    """
    _, seal = _taking(world)
    check_name(name)
    key = new_key()
    sealed = seal.close(key_pem(key), _place(identity.subject, name, "request"))

    def note(connection: Connection) -> None:
        known = delegations.find(connection, identity.subject, name)
        if known is None:
            check_room(connection, identity.subject)
        delegations.note_request(connection, identity.subject, name, sealed, world.clock())

    world.database.write(note)
    return request_for(key).decode()


def check_room(connection: Connection, owner: str) -> None:
    """Raises DelegationRefused: the user has as many as one may have."""
    if delegations.count(connection, owner) >= MOST_PER_USER:
        raise DelegationRefused(
            f"You have {MOST_PER_USER} delegations, which is the most.",
            "Use one of them again (its name may be reused), or remove some: gridwms delegation remove NAME.",
        )


def put(world: World, identity: Identity, name: str, chain: bytes, source: str | None = None) -> Delegation:
    """Take the proxy (chain as PEM) that was made for the last request of this name. `source`: the MyProxy server from
    which it is to be renewed; None: as before. Raises DelegationRefused, UnknownDelegation.

    It must be the caller's own, believed as one shown to the service is, and carry the same primary FQAN as what the
    caller shows (bug 54728).
    """
    believing, seal = _taking(world)
    found = world.database.read(lambda connection: delegations.find(connection, identity.subject, name))
    if found is None or found.request_key is None:
        raise UnknownDelegation(
            f"No request for a proxy is open for the delegation '{name}'.", "Ask for a request first; it waits minutes."
        )
    now = datetime.fromtimestamp(world.clock(), UTC)
    try:
        key = read_key(seal.open(found.request_key, _place(identity.subject, name, "request")), "the request")
        made = split(chain, key)
        believed, attributes = believing.read((made.certificate, *made.chain), now)
    except (X509Error, BrokenSeal) as error:
        raise DelegationRefused(f"The delegated proxy is not taken. {error.sentence}", error.advice) from error
    _check_same(identity, believed.subject, attributes.fqans)
    one = Delegation(
        owner=identity.subject,
        name=name,
        credential=sealed(seal, identity.subject, name, Kind.PROXY, made.pem()),
        vo=attributes.vo,
        fqans=attributes.fqans,
        begins=made.certificate.not_valid_before_utc.timestamp(),
        ends=believed.ends.timestamp(),
        attributes_end=attributes.ends.timestamp() if attributes.ends else None,
        serial=found.serial + 1,
        source=found.source if source is None else source,
    )
    one = replace(one, renew_at=renewal_of(one, world.clock()))
    world.database.write(lambda connection: delegations.put(connection, one))
    return replace(one, credential=None)


def renewal_of(one: Delegation, now: float) -> float | None:
    """When it is to be renewed; None: never."""
    return next_try(one.soonest, now, PROXY) if one.source and one.soonest is not None else None


def renew_from(connection: Connection, owner: str, name: str, server: str, now: float) -> None:
    """Let a proxy be renewed from this MyProxy server from now on: a job that goes with it says so."""
    one = delegations.find(connection, owner, name)
    if one is not None and one.credential is not None and one.source != server:
        one = replace(one, source=server, tries=0, trouble="")
        delegations.put(connection, replace(one, renew_at=renewal_of(one, now)))


def credential(world: World, owner: str, name: str) -> Credential:
    """The proxy itself, for acting with it. Raises UnknownDelegation, DelegationRefused."""
    found = show(world, owner, name)
    if found.credential is None:
        raise UnknownDelegation(f"The delegation '{name}' was begun and not completed.", "Delegate again.")
    try:
        return read_credential(opened(world, found), f"the delegation '{name}'")
    except X509Error as error:
        raise DelegationRefused(error.sentence, error.advice) from error


def sealed(seal: Seal, owner: str, name: str, kind: Kind, secret: bytes) -> bytes:
    """A credential as it is stored; it opens only in its own row."""
    return seal.close(secret, _place(owner, name, _WHAT[kind]))


def opened(world: World, one: Delegation) -> bytes:
    """What is handed on of what was sealed: the proxy's file, or the access token. Raises DelegationRefused."""
    found = unsealed(world, one)
    return found if one.kind is Kind.PROXY else str(json.loads(found)["access_token"]).encode()


def unsealed(world: World, one: Delegation) -> bytes:
    """All that was sealed. Raises DelegationRefused."""
    if world.seal is None or one.credential is None:
        raise DelegationRefused(f"The delegation '{one.name}' holds nothing.", "Delegate again.")
    try:
        return world.seal.open(one.credential, _place(one.owner, one.name, _WHAT[one.kind]))
    except BrokenSeal as error:
        raise DelegationRefused(error.sentence, error.advice) from error


_WHAT = {Kind.PROXY: "credential", Kind.TOKEN: "token"}


def show(world: World, owner: str, name: str, kind: Kind = Kind.PROXY) -> Delegation:
    """One. Raises UnknownDelegation."""
    found = world.database.read(lambda connection: delegations.find(connection, owner, name, kind))
    if found is None:
        raise UnknownDelegation(
            f"There is no delegation '{name}' of {owner}.", "'gridwms delegation list' shows them; delegate anew."
        )
    return found


def named(world: World, owner: str, name: str) -> list[Delegation]:
    """The credentials of all kinds under one name. Raises UnknownDelegation."""
    found = world.database.read(lambda connection: delegations.named(connection, owner, name))
    if not found:
        show(world, owner, name)
    return found


def of_owner(world: World, owner: str | None) -> list[Delegation]:
    """All of a user, or of everybody."""
    return world.database.read(lambda connection: delegations.of_owner(connection, owner))


def remove(world: World, owner: str, name: str) -> None:
    """Forget one, key and all; jobs that go with it end. Raises UnknownDelegation."""
    now = world.clock()
    if not world.database.write(lambda connection: delegations.remove(connection, owner, name, now)):
        raise UnknownDelegation(f"There is no delegation '{name}' of {owner}.", "'gridwms delegation list' shows them.")


def forget_old(world: World) -> int:
    """Drop what has ended, and requests that nobody answered; how many."""
    now = world.clock()
    return world.database.write(
        lambda connection: delegations.forget(connection, ended_before=now, requested_before=now - UNANSWERED_SECONDS)
    )


def _check_same(identity: Identity, subject: str, fqans: Sequence[str]) -> None:
    if subject != identity.subject:
        raise DelegationRefused(
            f"The delegated proxy is that of {subject}, and you are {identity.subject}.",
            "Sign the request with your own proxy.",
        )
    check_group(identity, fqans)


def check_group(identity: Identity, fqans: Sequence[str]) -> None:
    """Raises OtherDelegation unless these are of the group that the caller acts for (bug 54728: role and all)."""
    if identity.groups[:1] != tuple(fqans[:1]) and identity.vo:
        raise OtherDelegation(
            f"Client proxy FQAN ({identity.groups[0]}) does not match delegated proxy FQAN "
            f"({fqans[0] if fqans else 'none'}).",
            "Delegate with the proxy that you show to the service.",
        )


def _taking(world: World) -> tuple[Believing, Seal]:
    if world.believing is None or world.seal is None:
        raise DelegationRefused(
            "This service takes no proxies.", "The operator can make it ([certificates] in the configuration)."
        )
    return world.believing, world.seal


def check_name(name: str) -> None:
    """Raises DelegationRefused."""
    if not _NAME.fullmatch(name):
        raise DelegationRefused(
            f"'{name[:100]}' is no name of a delegation.", "Use 1 to 255 letters, digits, and . : @ + - _."
        )


def _place(owner: str, name: str, what: str) -> str:
    return f"{what}\0{owner}\0{name}"
