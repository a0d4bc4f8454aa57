"""Sending what waits in a spool."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.client import Client
from gridwms.client.spool import Forwarded, Spool


def deliver(spool: Spool, service: str) -> Forwarded:
    """Send all lines of a spool, in order; what became of them. Raises a ClientError."""
    with Client(service) as client:

        def send(lines: Sequence[str]) -> list[tuple[int, str]]:
            return [(place, error.sentence) for place, error in client.bookkeeping.log(lines)]

        return spool.forward(send)
