"""What is made of files, and made anew when they change: the certificate of the service and its key."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

logger = structlog.get_logger(__name__)

_LOOK = 1.0
"""Seconds between two looks."""
T = TypeVar("T")


class Renewed(Generic[T]):
    """Any number of threads may ask. `make`: of the files as they are; OSError and ValueError when they are of no use:
    then the thing made before goes on to be used, and the log says so."""

    def __init__(
        self, files: Sequence[Path], make: Callable[[], T], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._files, self._make, self._clock = tuple(files), make, clock
        self._lock = threading.Lock()
        self._stamp, self._looked = self._stamped(), clock()
        self._made = make()

    @property
    def now(self) -> T:
        """The latest that could be made."""
        if self._clock() >= self._looked + _LOOK:
            with self._lock:
                self._look()
        return self._made

    def _look(self) -> None:
        self._looked = self._clock()
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        names = [str(path) for path in self._files]
        try:
            self._made = self._make()
        except (OSError, ValueError) as error:
            logger.error("files that changed are of no use, what they said before holds", files=names, why=str(error))
        else:
            logger.info("files that changed are used", files=names)

    def _stamped(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(map(_stamp, self._files))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class ServerContext(ssl.SSLContext):
    """A server's context whose certificate chain and key (PEM files) are read again when they change; for connections
    that are made from then on. TLS 1.2 and newer. OSError and ValueError when the files are of no use."""

    _contexts: Renewed[ssl.SSLContext]

    def __new__(cls, certificate: Path, key: Path) -> ServerContext:
        made: ServerContext = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        return made

    def __init__(self, certificate: Path, key: Path) -> None:
        def make() -> ssl.SSLContext:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(certificate, key)
            return context

        self._contexts = Renewed((certificate, key), make)

    def wrap_bio(self, *arguments: Any, **more: Any) -> Any:
        """The object that asyncio drives."""
        return self._contexts.now.wrap_bio(*arguments, **more)
