"""Several services that do the same: who is asked, and who next when one has too much to do or is not there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from gridwms.client.calls import Call
from gridwms.client.errors import ClientError, ServiceBusy, ServiceUnreachable, WrongService
from gridwms.client.find import Address, base_of

Http = TypeVar("Http")


class Endpoints(Generic[Http]):
    """A connection a service, made when it is first needed. `open`: makes one.

    With one service any number of threads may use it; who turns between several is alone.
    """

    def __init__(self, addresses: Sequence[Address], open: Callable[[Address], Http]) -> None:  # noqa: A002
        self._addresses = list(addresses)
        self._open = open
        self._at = 0
        self._connections: dict[int, Http] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the one that is asked now."""
        return self._addresses[self._at].url

    @property
    def http(self) -> Http:
        """The connection to it."""
        with self._lock:
            if self._at not in self._connections:
                self._connections[self._at] = self._open(self._addresses[self._at])
            return self._connections[self._at]

    @property
    def connections(self) -> list[Http]:
        """All that were made."""
        return list(self._connections.values())

    def next_after(self, error: ClientError, call: Call[Any], tried: int) -> bool:
        """Turn to the next service, if this call may be done there: this one has too much to do, or never got it.

        A call whose answer was lost may have been done, so it is no other service's. `tried`: how many had their turn.
        """
        lost = isinstance(error, ServiceUnreachable) and error.sent
        elsewhere = isinstance(error, ServiceBusy | ServiceUnreachable) and not lost
        if not (call.anywhere and elsewhere) or tried >= len(self._addresses):
            return False
        self._at = (self._at + 1) % len(self._addresses)
        return True

    def turn_to(self, job: str) -> None:
        """Ask the service that a job's id names from now on, if it is one of these."""
        if len(self._addresses) == 1 or "/" not in job:
            return
        try:
            base = base_of(job)
        except WrongService:
            return
        self._at = next((at for at, address in enumerate(self._addresses) if address.url == base), self._at)

    def apart(self, jobs: Sequence[str]) -> list[list[int]]:
        """The places of jobs in their list, those of one service together; keys alone are of the one asked now."""
        if len(self._addresses) == 1 or not jobs:
            return [list(range(len(jobs)))] if jobs else []
        groups: dict[int, list[int]] = {}
        now = self._at
        for place, job in enumerate(jobs):
            self._at = now
            self.turn_to(job)
            groups.setdefault(self._at, []).append(place)
        self._at = now
        return list(groups.values())
