"""Who has a token at this service: the files say it, and are looked at again when they change."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gridwms.security.identity import Identity
from gridwms.security.token import TOKEN_FILE, USERS_DIRECTORY, identity_of, known_tokens

_LOOK = 1.0
"""Seconds between two looks, so that a token is no longer good a second after its file has gone. For one that is not
known they are looked at at once."""
_Stamp = tuple[tuple[str, int, int, int], ...]


class Users:
    """Any number of threads may use it. Raises UnsafeFile when it is made; later on a file that is not safe is left out
    and logged."""

    def __init__(self, data: Path, owner: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._data, self._owner, self._clock = data, owner, clock
        self._lock = threading.Lock()
        self._known = known_tokens(data, owner)
        self._names = {identity.subject: identity for identity in self._known.values()}
        self._stamp, self._looked = _stamp(data), clock()

    def by_token(self, token: str) -> Identity | None:
        """Whose token it is, or None."""
        if self._clock() >= self._looked + _LOOK or identity_of(token, self._known) is None:
            self._look()
        return identity_of(token, self._known)

    def by_name(self, name: str) -> Identity | None:
        """The user of this name, or None."""
        if self._clock() >= self._looked + _LOOK:
            self._look()
        return self._names.get(name)

    def _look(self) -> None:
        with self._lock:
            self._looked = self._clock()
            stamp = _stamp(self._data)
            if stamp != self._stamp:
                self._known = known_tokens(self._data, self._owner, strict=False)
                self._names = {identity.subject: identity for identity in self._known.values()}
                self._stamp = stamp


def _stamp(data: Path) -> _Stamp:
    """What changes with the files."""
    found = []
    with suppress(FileNotFoundError), os.scandir(data / USERS_DIRECTORY) as entries:
        found = [(entry.name, entry.stat()) for entry in entries]
    with suppress(FileNotFoundError):
        found.append(("", os.stat(data / TOKEN_FILE)))  # noqa: PTH116 - as the others
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in found))
