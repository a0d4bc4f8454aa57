"""The capability of one attempt: opens the routes of its wrapper, and nothing else.

It is the base64url form of HMAC-SHA256(server secret, tag): nothing is stored, and only who has the secret can
make one. Whether the attempt is still open is not in it; the use cases look that up.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from gridwms.security.private_file import read_or_make

SECRET_FILE = "secret"  # noqa: S105 (a file's name)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Makes and checks capabilities with one secret, which is never printed."""

    secret: bytes = field(repr=False)

    def of(self, tag: str) -> str:
        """The capability of the attempt with this tag: 43 letters, digits, `-` and `_`."""
        return self.sign("attempt", tag)

    def opens(self, tag: str, shown: str) -> bool:
        """Whether `shown` is the capability of `tag`; takes the same time whatever is wrong with it."""
        return hmac.compare_digest(self.of(tag).encode(), shown.encode("utf-8", "surrogateescape"))

    def sign(self, purpose: str, text: str) -> str:
        """A signature of `text` that is good for one purpose only."""
        return base64.urlsafe_b64encode(self.derive(purpose, text)).rstrip(b"=").decode("ascii")

    def derive(self, purpose: str, text: str) -> bytes:
        """A secret of its own for each purpose and text: 32 bytes."""
        return hmac.digest(self.secret, f"{purpose}\0{text}".encode(), hashlib.sha256)


def load(data: Path) -> Capabilities:
    """With the secret of this data directory, made at first start. Raises UnsafeFile."""
    return Capabilities(read_or_make(data / SECRET_FILE, lambda: secrets.token_hex(32)).encode("ascii"))
