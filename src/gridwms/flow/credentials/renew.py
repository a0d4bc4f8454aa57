"""Renewing delegated credentials ahead of their end: one try for all jobs that carry one (gLite reference §7.7).

What is due is found by index; nothing is done per job. A failed try is told where users and operators look, and tried
again later; a server that does not answer is asked once a round and not once a credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import structlog
from sqlalchemy import Connection

from gridwms.flow.credentials.pace import PROXY, Pace, next_try, pace_of_token
from gridwms.flow.delegation import DelegationRefused, sealed, unsealed
from gridwms.flow.world import World
from gridwms.renewal.errors import RenewalFailed, Unreachable
from gridwms.renewal.tokens import Fresh
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind
from gridwms.x509.credential import Credential, read_credential
from gridwms.x509.errors import X509Error
from gridwms.x509.voms.verify import plain

logger = structlog.get_logger(__name__)

_BATCH = 200
_AT_ONCE = 4
"""Conversations with one server at the same time."""
_SERVERS = 8
_SPARE = 60.0
"""A new credential must last so much longer than the old one, in seconds."""


class ProxySource(Protocol):
    """A MyProxy server's client."""

    def renew(self, server: str, owner: str, old: Credential) -> Credential:
        """A new proxy of the owner. Raises RenewalFailed, Unreachable."""


class AttributeSource(Protocol):
    """A VOMS server's client."""

    def again(self, proxy: Credential, fqans: Sequence[str], now: datetime) -> Credential:
        """A proxy of `proxy` with these FQANs. Raises RenewalFailed."""


class TokenSource(Protocol):
    """An issuer's client."""

    def refresh(self, issuer: str, secret: bytes, now: float) -> Fresh:
        """New tokens for those in `secret`. Raises RenewalFailed, Unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Whom credentials are renewed from; None: that kind is not."""

    proxies: ProxySource | None = None
    attributes: AttributeSource | None = None
    tokens: TokenSource | None = None


class Renewer:
    """`round` does what is due."""

    def __init__(self, world: World, sources: Sources) -> None:
        self._world, self._sources = world, sources

    def round(self) -> bool:
        """Try what is due; whether more is."""
        now = self._world.clock()
        due = self._world.database.read(lambda connection: delegations.due(connection, now, _BATCH))
        lists: dict[str, list[Delegation]] = {}
        for one in due:
            lists.setdefault(one.source, []).append(one)
        if lists:
            with ThreadPoolExecutor(_SERVERS, thread_name_prefix="renew") as pool:
                list(pool.map(self._from_one, lists.values()))
        return len(due) == _BATCH

    def _from_one(self, due: Sequence[Delegation]) -> None:
        """Those of one server."""
        silent: list[str] = []
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="renew") as pool:
            tried = list(pool.map(lambda one: (one, self._try(one, silent)), due))
        self._world.database.write(lambda connection: self._keep(connection, tried))
        if any(after is not None and not after.trouble for _before, after in tried):
            for signal in self._world.errands.values():
                signal.set()

    def _try(self, one: Delegation, silent: list[str]) -> Delegation:
        """As it is after a try. `silent`: what a server said that was not there, for all others of this round."""
        if silent:
            return self._failed(one, silent[0])
        try:
            made = self._proxy(one) if one.kind is Kind.PROXY else self._token(one)
        except Unreachable as error:
            silent.append(str(error))
            return self._failed(one, str(error))
        except (RenewalFailed, DelegationRefused, X509Error) as error:
            return self._failed(one, str(error))
        except Exception as error:  # one that cannot be read must not hold up the others
            logger.exception("renewal failed", delegation=one.name, owner=one.owner, source=one.source)
            return self._failed(one, f"The renewal failed here: {type(error).__name__}.")
        logger.info("credential renewed", delegation=one.name, owner=one.owner, kind=one.kind, source=one.source)
        return made

    def _failed(self, one: Delegation, why: str) -> Delegation:
        now = self._world.clock()
        logger.warning("credential not renewed", delegation=one.name, owner=one.owner, source=one.source, why=why)
        again = None if one.soonest is None else next_try(one.soonest, now, self._pace(one))
        return replace(one, tried_at=now, tries=one.tries + 1, trouble=why, renew_at=again)

    def _pace(self, one: Delegation) -> Pace:
        return PROXY if one.kind is Kind.PROXY else pace_of_token((one.ends or 0.0) - (one.begins or 0.0))

    def _proxy(self, one: Delegation) -> Delegation:
        """Raises RenewalFailed unless the new proxy is the owner's, carries the same attributes and lasts longer."""
        world, sources = self._world, self._sources
        if sources.proxies is None or world.believing is None:
            raise RenewalFailed("This service renews no proxies ([renewal] in its configuration).")
        now = datetime.fromtimestamp(world.clock(), UTC)
        old = read_credential(unsealed(world, one), f"the delegation '{one.name}'")
        made = sources.proxies.renew(one.source, one.owner, old)
        self._judge(one, made, now)
        if one.fqans:
            if sources.attributes is None:
                raise RenewalFailed("Its VOMS attributes cannot be asked for anew: no vomses file is configured.")
            made = sources.attributes.again(made, one.fqans, now)
        ends, attributes_end = self._judge(one, made, now)
        fresh = replace(one, begins=made.certificate.not_valid_before_utc.timestamp(), ends=ends)
        fresh = replace(fresh, attributes_end=attributes_end)
        if (fresh.soonest or 0.0) < (one.soonest or 0.0) + _SPARE:
            raise RenewalFailed(
                f"MyProxy server {one.source} has none that lasts longer; store a new one there (myproxy-init)."
            )
        return self._renewed(fresh, made.pem())

    def _judge(self, one: Delegation, made: Credential, now: datetime) -> tuple[float, float | None]:
        """When a new proxy, and its attributes, run out. Raises RenewalFailed: it is another's, or has too little."""
        assert self._world.believing is not None  # noqa: S101 - looked at by the caller
        try:
            chain, found = self._world.believing.read((made.certificate, *made.chain), now)
        except X509Error as error:
            raise RenewalFailed(f"What {one.source} sends is not believed. {error.sentence}") from error
        if chain.subject != one.owner:
            raise RenewalFailed(f"MyProxy server {one.source} sends the proxy of {chain.subject}: it is not taken.")
        if found.unheard:
            raise RenewalFailed(found.unheard[0])
        if found.fqans and [plain(each) for each in found.fqans][: len(one.fqans)] != list(one.fqans):
            raise RenewalFailed(f"The new attributes are {', '.join(found.fqans)}, and not {', '.join(one.fqans)}.")
        return chain.ends.timestamp(), found.ends.timestamp() if found.ends else None

    def _token(self, one: Delegation) -> Delegation:
        world, source = self._world, self._sources.tokens
        if source is None:
            raise RenewalFailed("This service refreshes no tokens.")
        made = source.refresh(one.source, unsealed(world, one), world.clock())
        return self._renewed(replace(one, begins=made.begins, ends=made.ends), made.secret)

    def _renewed(self, one: Delegation, secret: bytes) -> Delegation:
        world, now = self._world, self._world.clock()
        assert world.seal is not None  # noqa: S101 - something was opened with it
        return replace(
            one,
            credential=sealed(world.seal, one.owner, one.name, one.kind, secret),
            serial=one.serial + 1,
            renewed_at=now,
            tried_at=now,
            tries=0,
            trouble="",
            renew_at=None if one.soonest is None else next_try(one.soonest, now, self._pace(one)),
        )

    def _keep(self, connection: Connection, tried: Sequence[tuple[Delegation, Delegation]]) -> None:
        """Write results down, but for what its owner has changed in the meantime."""
        for before, after in tried:
            now = delegations.find(connection, before.owner, before.name, before.kind)
            if now is not None and (now.serial, now.source, now.credential) == (
                before.serial,
                before.source,
                before.credential,
            ):
                kept = replace(after, request_key=now.request_key, requested_at=now.requested_at)
                delegations.put(connection, kept)
