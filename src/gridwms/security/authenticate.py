"""From what a caller shows to one Identity: authenticators are asked in order, the first that knows decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from gridwms.security.capability import Capabilities
from gridwms.security.errors import NotIdentified
from gridwms.security.identity import Identity, Role
from gridwms.security.policies import Policies
from gridwms.security.session import Sessions
from gridwms.security.token import this_user
from gridwms.security.users import Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that a request shows about its sender.

    `bearer`: the token of an `Authorization: Bearer` header. `session`: the login cookie. `chain`: the client's
    certificates, the one whose key it holds first, the others as they came, DER. `safe`: the request changes nothing
    (GET, HEAD). `cross_site`: a browser sends it for the page of another site.
    `tag`: the attempt that the path names, on the worker's routes.
    """

    bearer: str = ""
    session: str = ""
    chain: tuple[bytes, ...] = ()
    safe: bool = False
    cross_site: bool = False
    tag: str = ""


class Authenticator(Protocol):
    """One way to be known."""

    def identify(self, shown: Shown) -> Identity | None:
        """The caller, or None when this authenticator finds nothing that it understands."""


@dataclass(frozen=True, slots=True)
class BearerTokens:
    """Tokens out of files; a token that it does not know may be somebody else's to judge."""

    known: Users

    def identify(self, shown: Shown) -> Identity | None:
        return self.known.by_token(shown.bearer) if shown.bearer else None


@dataclass(frozen=True, slots=True)
class LoginCookie:
    """The cookie of a browser. Good for looking only: another site could make a browser send it along."""

    sessions: Sessions

    def identify(self, shown: Shown) -> Identity | None:
        return self.sessions.read(shown.session) if shown.session and shown.safe else None


@dataclass(frozen=True, slots=True)
class AttemptCapability:
    """The wrapper of one attempt."""

    capabilities: Capabilities

    def identify(self, shown: Shown) -> Identity | None:
        if not shown.tag or not self.capabilities.opens(shown.tag, shown.bearer):
            return None
        return Identity(subject=f"attempt {shown.tag}", capabilities=frozenset({f"attempt:{shown.tag}"}))


def identify(shown: Shown, authenticators: Sequence[Authenticator]) -> Identity:
    """The caller. Raises NotIdentified with what to show instead."""
    for authenticator in authenticators:
        identity = authenticator.identify(shown)
        if identity is not None:
            return identity
    if shown.tag:
        raise NotIdentified(
            f"This is not the capability of attempt {shown.tag}.",
            "A wrapper uses the one it was sent with; a user's token does not open these routes.",
        )
    if shown.bearer:
        raise NotIdentified(
            "The service does not know this token.",
            "Use the one in the file 'token' of the service's data directory (GRIDWMS_TOKEN_FILE names another file).",
        )
    raise NotIdentified(
        "The request shows no token and no certificate.",
        "Send 'Authorization: Bearer <token>' with the token of the service's data directory; a browser opens /login.",
    )


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """What the service needs to know its callers: authenticators of users and of wrappers, and what signs for them."""

    users: tuple[Authenticator, ...]
    workers: tuple[Authenticator, ...]
    sessions: Sessions
    capabilities: Capabilities
    grants: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    """Roles by subject, or by FQAN or name of a group, as the operator gives them."""
    policies: Policies = field(default_factory=Policies)
    """The rules, and who they are here that others vouch for."""

    def identify(self, shown: Shown) -> Identity:
        """The caller; on a worker's route (`tag`) only the attempt's capability counts.

        Raises NotIdentified, and KeysMissing when the keys of an issuer are to be fetched first.
        """
        if shown.tag:
            return identify(shown, self.workers)
        known = identify(shown, self.users)
        return self.judged(self.policies.mapper.mapped(known) if known.issuer else known)

    @property
    def believes_others(self) -> bool:
        """Whether users may come whom somebody else vouches for, and of whom nothing is kept here."""
        return any(not isinstance(one, BearerTokens | LoginCookie) for one in self.users)

    def by_name(self, subject: str) -> Identity | None:
        """The user as the service would know him now, for what is done in his name; None: it does not any more."""
        known = self.sessions.users(subject)
        return None if known is None else self.judged(known)

    def judged(self, known: Identity) -> Identity:
        """The same with the roles that the configuration gives, and what the rules say now."""
        roles = known.roles.union(*(self.grants.get(name, ()) for name in (known.subject, *known.groups)))
        return replace(known, roles=roles, verdict=self.policies.rules.of(known.caller))


def gatekeeper(
    data: Path,
    capabilities: Capabilities,
    owner: str = "",
    grants: Mapping[str, frozenset[Role]] | None = None,
    others: Sequence[Authenticator] = (),
    policies: Policies | None = None,
) -> Gatekeeper:
    """For the tokens of a data directory, and what `others` know; `owner` is the user who runs the service. Raises
    UnsafeFile."""
    known = Users(data, owner or this_user())
    sessions = Sessions(capabilities, known.by_name)
    return Gatekeeper(
        (BearerTokens(known), LoginCookie(sessions), *others),
        (AttemptCapability(capabilities),),
        sessions,
        capabilities,
        grants or {},
        policies or Policies(),
    )
