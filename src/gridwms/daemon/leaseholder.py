"""Keeps the leases of this instance: where several instances share a database, one drives a site, one matches."""

from __future__ import annotations

import threading
from collections.abc import Collection

import structlog
from sqlalchemy import Connection

from gridwms.flow.world import World
from gridwms.store import leases
from gridwms.store.database import StoreUnavailable

logger = structlog.get_logger(__name__)


class Leaseholder:
    """Takes and renews leases in a thread of its own. On a database that is not shared it has them all."""

    def __init__(self, world: World, names: Collection[str], seconds: float = 15.0) -> None:
        self._world = world
        self._names = tuple(names)
        self._seconds = seconds
        self._until: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Take what is free now, and go on taking and renewing."""
        if self._world.database.shared:
            self.renew()
            self._thread.start()

    def have(self, name: str) -> bool:
        """Whether this instance may do `name` now."""
        return not self._world.database.shared or self._until.get(name, 0.0) > self._world.clock()

    def renew(self) -> None:
        """One round: what is ours is prolonged, what is free is taken."""
        now = self._world.clock()

        def work(connection: Connection) -> list[str]:
            holder = self._world.instance
            return [name for name in self._names if leases.hold(connection, name, holder, now, self._seconds)]

        held = self._world.database.write(work)
        for name in set(held) - self._until.keys():
            logger.info("lease taken", lease=name, instance=self._world.instance)
        # A little less than what the database says, so that ours has ended before another's can begin.
        self._until = dict.fromkeys(held, now + 0.9 * self._seconds)

    def stop(self) -> None:
        """Give everything back, so that nobody has to wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._until = {}
        if self._world.database.shared:
            holder = self._world.instance
            self._world.database.write(lambda connection: leases.let_go(connection, holder))

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds / 3):
            try:
                before = set(self._until)
                self.renew()
                if set(self._until) - before:
                    self._world.wake_all()
            except StoreUnavailable as error:
                logger.error("leases could not be renewed", why=str(error))
            except Exception:
                logger.exception("leases could not be renewed")
