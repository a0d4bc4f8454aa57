"""Who is calling, whatever they showed: a token, a proxy certificate, the capability of an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gridwms.rights.names import Right
from gridwms.rights.rule import Caller
from gridwms.rights.rules import NO_RULES, Verdict
from gridwms.security.scope import Scope


class Role(StrEnum):
    """What somebody is in this service, beyond being a user."""

    OPERATOR = "operator"
    """Runs the service: may look at and end everybody's jobs."""
    LOGGER = "logger"
    """Hands on what other systems log: may log events of any job of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One caller. `subject` is what owns jobs; `groups` are FQANs or group names, the primary one first.

    `capabilities`: what this caller was given for one purpose, such as `attempt:<tag>`. A caller that has
    capabilities may do nothing else. `issuer`: who says so, the name of an authority or the URL of a token's issuer.
    `name`: what the issuer calls them, where that is not the subject. `scopes`: what a token is good for, None when it
    says nothing about that: then the policy alone decides.
    `ends`: when what was shown runs out. `limited`: a proxy that says so of itself. `remarks`: sentences on what was
    shown and counts for nothing here, such as VOMS attributes that have expired. `roles`: by the configuration alone.
    `verdict`: what the rules say of them.
    """

    subject: str
    vo: str = ""
    groups: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    capabilities: frozenset[str] = frozenset()
    issuer: str = ""
    name: str = ""
    scopes: tuple[Scope, ...] | None = None
    ends: datetime | None = None
    limited: bool = False
    remarks: tuple[str, ...] = ()
    verdict: Verdict = field(default=NO_RULES, compare=False, repr=False)

    @property
    def known_as(self) -> str:
        """The name that the issuer has for them: the subject of a token, the DN of a certificate."""
        return self.name or self.subject

    @property
    def caller(self) -> Caller:
        """As rules see them."""
        return Caller(self.subject, self.known_as, self.vo, self.groups, self.issuer)

    def holds(self, role: Role) -> bool:
        """Whether they have a role, by the configuration or by a rule, and no rule denies it."""
        right = _RIGHTS[role]
        return self.verdict.denial(right) is None and (role in self.roles or self.verdict.grant(right) is not None)

    @property
    def is_operator(self) -> bool:
        return self.holds(Role.OPERATOR)


_RIGHTS = {Role.OPERATOR: Right.ADMINISTER, Role.LOGGER: Right.LOG_OTHERS}
