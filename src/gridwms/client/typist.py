"""Standard input of an interactive job, sent in the background: nothing twice, nothing left out."""

from __future__ import annotations

import threading
from collections import deque

from gridwms.client import answers
from gridwms.client.console import Console
from gridwms.client.errors import ClientError, ServiceBusy, ServiceUnreachable

WINDOW = 256 * 1024
"""Bytes kept until the worker node has them."""
_PART = 128 * 1024

Wish = str | tuple[int, int]
"""The name of a signal, or rows and columns."""


class Typist(threading.Thread):
    """Sends what is written, and wishes, whatever becomes of the connection.

    Bytes are kept until the worker node has them, because a service that is started anew has forgotten the rest.
    `resume`: what is written begins with the first byte of the job's input, of which some may have arrived before.
    """

    def __init__(self, console: Console, *, resume: bool = False) -> None:
        super().__init__(daemon=True, name="typist")
        self._console = console
        self._resume = resume
        self._changed = threading.Condition()
        self._attempt = 0
        self._data = bytearray()
        self._first: int | None = None
        """The number of the first byte in `_data`; None until the console has said from where on to count."""
        self._sent = self._taken = 0
        self._ended = self._told_end = self._over = False
        self._wishes: deque[Wish] = deque()

    def write(self, data: bytes) -> None:
        """Send this; waits while too much is under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or (self._first is not None and len(self._data) < WINDOW))
            self._data += data
            self._forget()
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing follows."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wish(self, wish: Wish) -> None:
        """Send a signal, or the size of the window. Safe in a signal handler of the main thread."""
        self._wishes.append(wish)

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def seen(self, glance: answers.Glance) -> None:
        """What the console said of the input."""
        if glance.have is None or glance.taken is None:
            return
        with self._changed:
            if self._first is None or glance.attempt != self._attempt:
                # a later attempt begins with what is typed from now on
                self._first = 0 if self._resume and self._first is None else glance.have
                self._attempt, self._sent, self._told_end = glance.attempt, glance.have, False
                self._data.clear()
            elif glance.have < self._sent:
                self._sent, self._told_end = glance.have, False
            self._taken = glance.taken
            self._told_end = self._told_end or glance.input_ended
            self._forget()
            self._changed.notify_all()

    def run(self) -> None:
        pause = 0.1
        while not self._over:
            try:
                if not self._send_something():
                    # wishes come without a notice, so it looks for them now and then
                    with self._changed:
                        self._changed.wait(0.1)
                pause = 0.1
            except ClientError:
                # who looks tells of it; what was not taken is sent again from where the console says
                with self._changed:
                    self._changed.wait(pause)
                pause = min(pause * 2, 5.0)

    def _send_something(self) -> bool:
        if self._wishes:
            self._send_wish(self._wishes[0])
            self._wishes.popleft()
            return True
        with self._changed:
            if self._first is None:
                return False
            offset, begin = self._sent, self._sent - self._first
            data = bytes(self._data[begin : begin + _PART])
            end = self._ended and begin + len(data) >= len(self._data)
            if not data and (not end or self._told_end):
                return False
        _taken, have = self._console.type_in(offset, data, end=end)
        with self._changed:
            if self._sent == offset:  # unless the console has meanwhile said otherwise
                self._sent = max(have, offset)
                self._told_end = end and have == offset + len(data)
        return have > offset or not data

    def _send_wish(self, wish: Wish) -> None:
        """Raises ServiceUnreachable or ServiceBusy; one that is refused is given up."""
        try:
            if isinstance(wish, str):
                self._console.signal(wish)
            else:
                self._console.resize(*wish)
        except (ServiceUnreachable, ServiceBusy):
            raise
        except ClientError:
            return

    def _forget(self) -> None:
        if self._first is not None and self._taken > self._first:
            gone = min(self._taken - self._first, len(self._data))
            del self._data[:gone]
            self._first += gone
            # A late word of the console may have sent us back further than what the worker node has by now.
            self._sent = max(self._sent, self._first)
