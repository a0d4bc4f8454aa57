"""Login cookies for browsers: a signed name and an end, nothing is stored."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from gridwms.security.capability import Capabilities
from gridwms.security.identity import Identity

LIFETIME = 12 * 3600.0
"""Seconds a login lasts."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads the cookies of the users that are known (by subject)."""

    signer: Capabilities
    users: Callable[[str], Identity | None]
    clock: Callable[[], float] = time.time

    def make(self, identity: Identity) -> str:
        """A cookie value: `<subject>:<end>:<signature>`, safe in a header."""
        body = f"{quote(identity.subject, safe='')}:{int(self.clock() + LIFETIME)}"
        return f"{body}:{self.signer.sign('session', body)}"

    def read(self, cookie: str) -> Identity | None:
        """The user that the cookie was made for, while it lasts; None for anything else."""
        body, _, signature = cookie.rpartition(":")
        if not hmac.compare_digest(self.signer.sign("session", body).encode(), signature.encode("utf-8", "replace")):
            return None
        subject, _, end = body.partition(":")
        return self.users(unquote(subject)) if self.clock() < int(end) else None
