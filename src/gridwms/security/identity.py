"""Who is calling, whatever they showed: a token, a proxy certificate, the capability of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    capabilities may do nothing else.
    """

    subject: str
    vo: str = ""
    groups: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()
    capabilities: frozenset[str] = frozenset()

    @property
    def is_operator(self) -> bool:
        return Role.OPERATOR in self.roles
