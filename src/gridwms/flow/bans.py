"""Bans: users, VOs and groups that may do nothing for now, and whose waiting jobs get no places."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from gridwms.store import bans as rows
from gridwms.store.bans import Ban, Banned
from gridwms.store.database import Database

_SECONDS = 1.0
"""So old what is known may be, where other instances make bans too."""


class Bans:
    """Any number of threads may ask. A ban that is made here counts at once, another instance's within a second."""

    def __init__(
        self, database: Database, clock: Callable[[], float], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self._known: Sequence[Ban] | None = None
        self._read_at = float("-inf")

    def all(self) -> list[Ban]:
        """Those in force."""
        now = self._clock()
        with self._lock:
            known = self._known
            old = known is None or (self._database.shared and not 0 <= now - self._read_at < _SECONDS)
        if old or known is None:
            known = self._database.read(lambda connection: rows.current(connection, now))
            with self._lock:
                before, self._known, self._read_at = self._known, known, now
            if before is not None and before != known:
                self._changed()
        return [ban for ban in known if ban.ends is None or ban.ends > now]

    def on(self, user: str, vo: str = "", groups: Sequence[str] = ()) -> Ban | None:
        """The ban that concerns somebody."""
        return next((ban for ban in self.all() if _concerns(ban, user, vo, groups)), None)

    def put(self, ban: Ban) -> None:
        """Ban, durably on return."""
        self._database.write(lambda connection: rows.put(connection, ban))
        self._forget()

    def lift(self, kind: Banned, name: str) -> bool:
        """Lift a ban; whether there was one."""
        found = self._database.write(lambda connection: rows.lift(connection, kind, name))
        self._forget()
        return found

    def _forget(self) -> None:
        with self._lock:
            self._known = None
        self._changed()


def _concerns(ban: Ban, user: str, vo: str, groups: Sequence[str]) -> bool:
    match ban.kind:
        case Banned.USER:
            return ban.name == user
        case Banned.VO:
            return ban.name == vo
        case Banned.GROUP:
            return any(one == ban.name or one.startswith(f"{ban.name}/") for one in groups)
