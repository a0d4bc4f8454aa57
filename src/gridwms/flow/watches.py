"""Which files of running jobs somebody watches. In memory only: who follows a file says so with each question."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Watches:
    """Files by job, each until a time."""

    _until: dict[str, dict[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, key: str, name: str, until: float) -> None:
        """Watch a file until a time."""
        with self._lock:
            self._until.setdefault(key, {})[name] = until

    def of(self, key: str, now: float) -> list[str]:
        """The files of a job that are watched now."""
        with self._lock:
            names = {name: until for name, until in self._until.get(key, {}).items() if until > now}
            if names:
                self._until[key] = names
            else:
                self._until.pop(key, None)
            return sorted(names)
