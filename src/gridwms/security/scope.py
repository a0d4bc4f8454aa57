"""What a token says that it is good for."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A capability: `storage.read:/home` is `storage.read` with the path `/home`; no path is ""."""

    name: str
    path: str = ""

    def covers(self, path: str) -> bool:
        """Whether it reaches as far as a path, by whole components."""
        wanted = posixpath.normpath("/" + path.lstrip("/"))
        return self.path in ("", "/") or wanted == self.path or wanted.startswith(self.path + "/")

    def __str__(self) -> str:
        return f"{self.name}:{self.path}" if self.path else self.name
