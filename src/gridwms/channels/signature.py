"""Signatures of webhooks, as the Standard Webhooks specification has them: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac

PREFIX = "whsec_"
"""In front of a secret as it is shown, so that secret scanners know it."""


def shown(secret: bytes) -> str:
    """A secret as the subscriber gets it."""
    return PREFIX + base64.b64encode(secret).decode("ascii")


def headers(secret: bytes, ident: str, time: int, body: bytes) -> dict[str, str]:
    """The headers that tell who sent this, and when."""
    signed = f"{ident}.{time}.".encode() + body
    mac = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode("ascii")
    return {"webhook-id": ident, "webhook-timestamp": str(time), "webhook-signature": f"v1,{mac}"}
