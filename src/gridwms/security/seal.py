"""Secrets at rest: AES-256-GCM with a key that only this service has, bound to what they belong to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridwms.security.capability import Capabilities
from gridwms.security.errors import SecurityError

_NONCE = 12


class BrokenSeal(SecurityError):
    """What was stored was changed, moved to another place, or sealed by another service."""

    code = "broken_seal"


@dataclass(frozen=True, slots=True)
class Seal:
    """Closes and opens with one key."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, capabilities: Capabilities) -> Seal:
        """The key follows from the service's secret: a copy of the database alone opens nothing."""
        return cls(capabilities.derive("seal", "credentials"))

    def close(self, secret: bytes, place: str) -> bytes:
        """`secret`, readable only with the key and for the same `place`."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, secret, place.encode())

    def open(self, closed: bytes, place: str) -> bytes:
        """What was closed. Raises BrokenSeal."""
        try:
            return AESGCM(self.key).decrypt(closed[:_NONCE], closed[_NONCE:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal(
                "A stored secret cannot be opened: it was changed, or the service has a new file 'secret'.",
                "Delegate again.",
            ) from error
