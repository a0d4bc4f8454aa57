"""Delegation: a user lets the service act with a proxy of theirs, under a name (gLite reference §4.2).

The service makes a key and a request, the user signs it with their own proxy, and the chain comes back. The key is
never out of the service, and at rest it is sealed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from gridwms.flow.errors import FlowError
from gridwms.flow.world import World
from gridwms.security.believing import Believing
from gridwms.security.identity import Identity
from gridwms.security.seal import BrokenSeal, Seal
from gridwms.store import delegations
from gridwms.store.delegations import Delegation
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
    _check_name(name)
    key = new_key()
    sealed = seal.close(key_pem(key), _place(identity.subject, name, "request"))

    def note(connection: Connection) -> None:
        known = delegations.find(connection, identity.subject, name)
        if known is None and delegations.count(connection, identity.subject) >= MOST_PER_USER:
            raise DelegationRefused(
                f"You have {MOST_PER_USER} delegations, which is the most.",
                "Use one of them again (its name may be reused), or remove some: gridwms delegation remove NAME.",
            )
        delegations.note_request(connection, identity.subject, name, sealed, world.clock())

    world.database.write(note)
    return request_for(key).decode()


def put(world: World, identity: Identity, name: str, chain: bytes) -> Delegation:
    """Take the proxy (chain as PEM) that was made for the last request of this name. Raises DelegationRefused,
    UnknownDelegation.

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
    sealed = seal.close(made.pem(), _place(identity.subject, name, "credential"))
    one = Delegation(
        owner=identity.subject,
        name=name,
        credential=sealed,
        vo=attributes.vo,
        fqans=attributes.fqans,
        begins=made.certificate.not_valid_before_utc.timestamp(),
        ends=believed.ends.timestamp(),
        attributes_end=attributes.ends.timestamp() if attributes.ends else None,
    )
    world.database.write(lambda connection: delegations.put(connection, one))
    return replace(one, credential=None)


def credential(world: World, owner: str, name: str) -> Credential:
    """The proxy itself, for acting with it. Raises UnknownDelegation, DelegationRefused."""
    found = show(world, owner, name)
    if found.credential is None:
        raise UnknownDelegation(f"The delegation '{name}' was begun and not completed.", "Delegate again.")
    try:
        opened = _taking(world)[1].open(found.credential, _place(owner, name, "credential"))
        return read_credential(opened, f"the delegation '{name}'")
    except (X509Error, BrokenSeal) as error:
        raise DelegationRefused(error.sentence, error.advice) from error


def show(world: World, owner: str, name: str) -> Delegation:
    """One. Raises UnknownDelegation."""
    found = world.database.read(lambda connection: delegations.find(connection, owner, name))
    if found is None:
        raise UnknownDelegation(
            f"There is no delegation '{name}' of {owner}.", "'gridwms delegation list' shows them; delegate anew."
        )
    return found


def for_job(world: World, identity: Identity, name: str) -> Delegation:
    """The delegation that a job is to go by: complete, not expired, and for the same group as the caller acts for.

    Raises UnknownDelegation, OtherDelegation, DelegationExpired.
    """
    found = show(world, identity.subject, name)
    if found.ends is None:
        raise UnknownDelegation(f"The delegation '{name}' was begun and not completed.", "Put the proxy first.")
    if min(found.ends, found.attributes_end or found.ends) <= world.clock():
        raise DelegationExpired(f"The delegated Proxy has expired (delegation '{name}').", "Delegate again.")
    _check_group(identity, found.fqans)
    return found


def of_owner(world: World, owner: str | None) -> list[Delegation]:
    """All of a user, or of everybody."""
    return world.database.read(lambda connection: delegations.of_owner(connection, owner))


def remove(world: World, owner: str, name: str) -> None:
    """Forget one, key and all. Raises UnknownDelegation."""
    if not world.database.write(lambda connection: delegations.remove(connection, owner, name)):
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
    _check_group(identity, fqans)


def _check_group(identity: Identity, fqans: Sequence[str]) -> None:
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


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise DelegationRefused(
            f"'{name[:100]}' is no name of a delegation.", "Use 1 to 255 letters, digits, and . : @ + - _."
        )


def _place(owner: str, name: str, what: str) -> str:
    return f"{what}\0{owner}\0{name}"
