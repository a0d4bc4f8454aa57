"""The user's end of the console of an interactive job."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from gridwms.client import answers, calls
from gridwms.client.errors import ClientError, NotThere, ServiceBusy, ServiceUnreachable
from gridwms.client.transport import Transport

T = TypeVar("T")
WAIT = 20.0
"""Seconds that the service may wait for something new."""


class Console:
    """One's place at a console. One thread looks, another may send."""

    def __init__(self, transport: Transport, key: str, mode: str) -> None:
        self._transport = transport
        self.key = key
        self.mode = mode
        self._attempt = 0
        self._positions = {"stdout": 0, "stderr": 0}
        self._known = ""
        self._lock = threading.Lock()
        self._place = transport.run(calls.attach(key, mode))

    @property
    def writes(self) -> bool:
        """Whether what is sent was taken when that was last heard."""
        return self._place.writer

    def look(self, wait: float = WAIT) -> answers.Glance:
        """What is new; waits up to `wait` seconds for it. Raises a ClientError; it may be called again then."""
        params = {name: str(at) for name, at in self._positions.items()}
        params |= {"attempt": str(self._attempt), "know": self._known, "wait": str(wait)}
        found = self._run(lambda place: calls.console(self.key, place, params))
        if found.attempt != self._attempt:
            self._attempt = found.attempt
            self._positions = dict.fromkeys(self._positions, 0)
        for piece in found.pieces:
            self._positions[piece.stream] = piece.offset + len(piece.data)
        self._known = f"{found.taken},{found.have},{found.writer}"
        with self._lock:
            self._place = answers.Attachment(attachment=self._place.attachment, writer=found.writer)
        return found

    def type_in(self, offset: int, data: bytes, *, end: bool = False) -> tuple[int, int]:
        """Send standard input from byte `offset` on; what the worker node, and what the service has of it."""
        return self._run(lambda place: calls.type_in(self.key, place, offset, data, end=end))

    def resize(self, rows: int, columns: int) -> None:
        """Tell the size of the window."""
        self._run(lambda place: calls.control(self.key, place, {"rows": rows, "columns": columns}))

    def signal(self, name: str) -> None:
        """Send the payload a signal: INT, TERM, …"""
        self._run(lambda place: calls.control(self.key, place, {"signal": name}))

    def detach(self) -> None:
        """Leave; the job goes on."""
        with contextlib.suppress(ClientError):
            self._transport.run(calls.detach(self.key, self._place.attachment))

    def _run(self, make: Callable[[str], calls.Call[T]]) -> T:
        """Ask under our name; when the service no longer knows it (it was started anew), take our place again first."""
        place = self._place.attachment
        try:
            return self._transport.run(make(place))
        except NotThere as error:
            if error.code != "not_attached":
                raise
        with self._lock:
            if self._place.attachment == place:
                mode = "write" if self.mode == "take" else self.mode
                self._place = self._transport.run(calls.attach(self.key, mode))
        return self._transport.run(make(self._place.attachment))


def follow(
    console: Console, lost: Callable[[ServiceUnreachable | ServiceBusy], None] | None = None
) -> Iterator[answers.Glance]:
    """What is new on a console, until there will be no more; goes on when the connection broke.

    `lost` is called each time that the service stops answering.
    """
    pause, never = 0.1, threading.Event()
    while True:
        try:
            found = console.look()
        except (ServiceUnreachable, ServiceBusy) as error:
            if lost is not None and pause == 0.1:
                lost(error)
            never.wait(pause)
            pause = min(pause * 2, 5.0)
            continue
        pause = 0.1
        yield found
        if not found.open:
            return
