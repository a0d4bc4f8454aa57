"""The credentials that jobs carry: chosen when they are handed in, given to their wrappers and sites."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from gridwms.flow.delegation import (
    DelegationExpired,
    DelegationRefused,
    UnknownDelegation,
    check_group,
    name_for,
    opened,
)
from gridwms.flow.errors import NotFound
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.security.identity import Identity
from gridwms.sites.contract import Credentials
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind


def choose(world: World, identity: Identity, asked: str | None) -> str:
    """The name of the delegation with which jobs of this user go. `asked`: what they say; None: nothing, so it is the
    one of their subject and groups if there is one; "": none. Raises UnknownDelegation, DelegationRefused.
    """
    name = name_for(identity) if asked is None else asked
    if not name:
        return ""
    found = world.database.read(lambda connection: delegations.named(connection, identity.subject, name))
    good = [one for one in found if one.credential is not None and (one.soonest or 0.0) > world.clock()]
    if asked is None and (not good or not _is_private(world)):
        return ""
    if not found:
        raise UnknownDelegation(
            f"You have no delegation '{name}'.", "'gridwms delegation list' shows them; delegate first."
        )
    if all(one.ends is None for one in found):
        raise UnknownDelegation(f"The delegation '{name}' was begun and not completed.", "Put the proxy first.")
    if not good:
        raise DelegationExpired(
            f"The delegated Proxy has expired (delegation '{name}').",
            f"Delegate anew: gridwms delegation create {name}.",
        )
    if not _is_private(world):
        raise DelegationRefused(
            "This service speaks plain HTTP, by which credentials do not travel to worker nodes.",
            "The operator can make it speak HTTPS ([service] tls_certificate).",
        )
    for one in good:
        if one.kind is Kind.PROXY:
            check_group(identity, one.fqans)
    return name


def _is_private(world: World) -> bool:
    """Whether nobody else hears what goes to worker nodes: by TLS, or within one machine."""
    url = urlsplit(world.settings.base_url)
    return url.scheme == "https" or (url.hostname or "") in ("127.0.0.1", "localhost", "::1")


def told(world: World, job: Job) -> list[tuple[Kind, int, int]]:
    """What a job carries: kind, which one it is, and how many seconds it lasts (0: it has run out)."""
    now = world.clock()
    found = _of(world, job)
    return [(one.kind, one.serial, max(0, int((one.ends or now) - now))) for one in found if one.ends is not None]


def text(world: World, job: Job, kind: str) -> bytes:
    """The proxy's file, or the token. Raises NotFound when the job carries none of this kind."""
    for one in _of(world, job):
        if one.kind.value == kind and one.credential is not None and _is_private(world):
            return opened(world, one)
    raise NotFound(f"Job {job.key} carries no {kind[:20]}.", "'gridwms delegation list' shows what was delegated.")


def carried_by(world: World, jobs: Collection[Job]) -> dict[tuple[str, str], Credentials]:
    """What jobs carry, opened, by owner and name of the delegation; for a site that is to have it."""
    pairs = {(job.owner, job.delegation) for job in jobs if job.delegation}
    if not pairs:
        return {}
    found = world.database.read(lambda connection: delegations.of_jobs(connection, pairs))
    made = {pair: credentials_of(world, those) for pair, those in found.items()}
    return {pair: one for pair, one in made.items() if one is not None}


def credentials_of(world: World, found: Sequence[Delegation]) -> Credentials | None:
    """The credentials of one delegation, opened; None when all have run out."""
    good = [one for one in found if one.credential is not None and (one.ends or 0.0) > world.clock()]
    if not good:
        return None
    texts = {one.kind: opened(world, one) for one in good}
    return Credentials(
        handle=good[0].handle,
        serial=sum(one.serial for one in good),
        ends=max(one.ends or 0.0 for one in good),
        proxy=texts.get(Kind.PROXY, b""),
        token=texts.get(Kind.TOKEN, b"").decode(),
        lines="".join(f"{one.kind} {one.serial} {int(one.ends or 0)}\n" for one in good),
    )


def _of(world: World, job: Job) -> list[Delegation]:
    if not job.delegation:
        return []
    return world.database.read(lambda connection: delegations.named(connection, job.owner, job.delegation))
