"""All ways out that a service has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gridwms.channels.address import read_url
from gridwms.channels.errors import BadTarget
from gridwms.channels.mail import Mailer, read_address
from gridwms.channels.webhook import Webhooks


class Kind(StrEnum):
    """What a target is."""

    WEBHOOK = "webhook"
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """`mailer`: None when no mail server is configured. `secret`: of a subscription, by its key; nothing stores it."""

    webhooks: Webhooks
    mailer: Mailer | None
    secret: Callable[[str], bytes]

    async def check(self, kind: Kind, target: str) -> None:
        """Return when the target could be used now; else raise BadTarget."""
        if kind is Kind.WEBHOOK:
            await self.webhooks.check(target)
        elif self.mailer is None:
            raise BadTarget("this service sends no mail: its operator has configured no mail server")
        else:
            self.mailer.check(target)


def read_target(text: str) -> tuple[Kind, str]:
    """A URL, or a mail address with `mailto:` in front or without. Raises BadTarget."""
    plain = text.strip()
    if plain.lower().startswith("mailto:") or ("@" in plain and "://" not in plain):
        address = plain[7:] if plain.lower().startswith("mailto:") else plain
        return Kind.MAIL, read_address(address).addr_spec
    return Kind.WEBHOOK, read_url(plain).geturl()
