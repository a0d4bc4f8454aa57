"""Hears the wrappers that run here ask for their tokens, and asks the service for all of them at once."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from gridwms.sites.link import TokenRequest, WorkerLink

logger = structlog.get_logger(__name__)

_MOST = 1 << 20
"""Bytes that a wrapper may say; one with more to say asks the service itself."""


@dataclass(slots=True)
class _Caller:
    """One wrapper: its end of the line is with us."""

    tag: str
    line: socket.socket
    said: bytearray = field(default_factory=bytearray)


class TokenDesk:
    """A line for each attempt that runs, one thread for all. A wrapper whose line is cut goes to the service itself."""

    def __init__(self, name: str, link: Callable[[], WorkerLink | None]) -> None:
        self._link = link
        self._poll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._bell, select.EPOLLIN)
        self._callers: dict[int, _Caller] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tokens-{name}", daemon=True)

    def begin(self) -> None:
        """Start to hear."""
        self._thread.start()

    def open(self, tag: str) -> socket.socket | None:
        """The end of a new line that is to be handed to the attempt's wrapper and closed here; None: there is none."""
        if self._link() is None:
            return None
        try:
            ours, theirs = socket.socketpair()
        except OSError:  # no handle is free: the wrapper asks the service itself
            return None
        ours.setblocking(False)
        with self._lock:
            self._callers[ours.fileno()] = _Caller(tag, ours)
        self._poll.register(ours, select.EPOLLIN)
        return theirs

    def close(self) -> None:
        """Hang up."""
        self._closing.set()
        os.eventfd_write(self._bell, 1)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        for handle in list(self._callers):
            self._hang_up(handle)
        self._poll.close()
        os.close(self._bell)

    def _run(self) -> None:
        while not self._closing.is_set():
            handles = [handle for handle, _ in self._poll.poll(-1, 1024)]
            if self._closing.is_set():
                return
            try:
                self._answer([handle for handle in handles if self._has_asked(handle)])
            except Exception:
                # one attempt's trouble must not keep the others waiting
                logger.exception("tokens of a site")
                for handle in handles:
                    self._hang_up(handle)

    def _has_asked(self, handle: int) -> bool:
        """Read what a wrapper says; whether it has said all: lines, and an empty one at the end."""
        caller = self._callers.get(handle)
        if caller is None:
            return False
        try:
            part = caller.line.recv(1 << 16)
        except BlockingIOError:
            return False
        except OSError:
            part = b""
        caller.said += part
        if not part or len(caller.said) > _MOST:
            self._hang_up(handle)
            return False
        return caller.said.endswith(b"\n\n")

    def _answer(self, handles: list[int]) -> None:
        link = self._link()
        asking = []
        for handle in handles:
            caller = self._callers[handle]
            first, *lines = caller.said.decode("utf-8", "replace").split("\n")
            match first.split(" "):
                case ["token", tag, instance] if tag == caller.tag and instance:
                    pass
                case _:
                    instance = ""
            if instance and link is not None:
                request = TokenRequest(caller.tag, instance, tuple(line for line in lines if line))
                asking.append((handle, caller, request))
            else:
                self._hang_up(handle)
        if link is None or not asking:
            return
        answers = link.take_tokens([request for _handle, _caller, request in asking])
        for (handle, caller, _request), yes in zip(asking, answers, strict=True):
            if yes is not None:
                with suppress(OSError):
                    caller.line.send(b"go\n" if yes else b"stop the service refuses it to this attempt\n")
            self._hang_up(handle)

    def _hang_up(self, handle: int) -> None:
        with self._lock:
            caller = self._callers.pop(handle, None)
        if caller is not None:
            with suppress(OSError):
                self._poll.unregister(handle)
            caller.line.close()
