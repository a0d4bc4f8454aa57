"""The newest events, read once for all who listen: a listener costs memory for its connection and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from anyio import to_thread

from gridwms.api.models.job import EventOut
from gridwms.api.news import News
from gridwms.flow import status
from gridwms.flow.status import EventView
from gridwms.flow.world import World
from gridwms.store.database import StoreUnavailable
from gridwms.store.events import last_cursor

SIGN_OF_LIFE = 15.0
"""Seconds of silence after which a listener is told that the connection lives."""
_AT_ONCE = 1000
_KEPT = 20_000
_OWNERS = 100_000
_BREATH = 0.02
"""Seconds between two looks, so that a burst of commits is one."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is sent, and whose job it is about."""

    cursor: int
    owner: str
    data: str


class Tail:
    """Runs while somebody listens. `first`: what came up to this cursor is no longer here, and is in the store."""

    def __init__(self, world: World, news: News, base: str) -> None:
        self._world = world
        self._news = news
        self._base = base
        self._told: list[Told] = []
        self._cursors: list[int] = []
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._grown = asyncio.Event()
        self._first: int | None = None
        self.last = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Keeps the tail going; without listeners it ends by itself."""
        self._listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield
        finally:
            self._listeners -= 1

    async def after(self, cursor: int, owner: str | None) -> tuple[list[Told], int, bool]:
        """What came after `cursor` for an owner (None: anybody's), the cursor to go on from, and whether it is all."""
        if self._first is not None and cursor >= self._first:
            found = self._told[bisect_right(self._cursors, cursor) :]
            return [one for one in found if owner in (None, one.owner)], max(cursor, self.last), True
        found, following = await to_thread.run_sync(self._read, cursor, owner)
        return found, following, len(found) < _AT_ONCE

    async def wait(self, cursor: int) -> bool:
        """Return True when there may be something after `cursor`, False after `SIGN_OF_LIFE` without."""
        if self.last > cursor or self._news.closed:
            return True
        try:
            await asyncio.wait_for(self._grown.wait(), SIGN_OF_LIFE)
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        try:
            while self._listeners and not self._news.closed:
                try:
                    await self._follow()
                except StoreUnavailable:
                    # The store says so itself, in the log; who listens asks it once more and is told.
                    self._first = None
                    await asyncio.sleep(1.0)
        finally:
            self._first = None
            self._tell()

    async def _follow(self) -> None:
        self._told, self._cursors = [], []
        self._first = self.last = await to_thread.run_sync(self._world.database.read, last_cursor)
        self._tell()
        while self._listeners and not self._news.closed:
            seen = self._news.count
            found, self.last = await to_thread.run_sync(self._read, self.last, None)
            if found:
                self._keep(found)
                self._tell()
            if len(found) < _AT_ONCE:
                await self._news.wait(seen, SIGN_OF_LIFE)
                await asyncio.sleep(_BREATH)

    def _tell(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()

    def _keep(self, found: list[Told]) -> None:
        self._told += found
        self._cursors += [one.cursor for one in found]
        if len(self._told) > 2 * _KEPT:
            self._first = self._cursors[-_KEPT - 1]
            del self._told[:-_KEPT], self._cursors[:-_KEPT]

    def _read(self, cursor: int, owner: str | None) -> tuple[list[Told], int]:
        found, following = status.events_after(self._world, cursor, owner=owner, limit=_AT_ONCE)
        owners = dict.fromkeys((event.key for event in found), owner) if owner else self._whose(found)
        told = [
            Told(event.cursor, owners[event.key] or "", EventOut.of(event, self._base).model_dump_json())
            for event in found
        ]
        return told, following

    def _whose(self, found: list[EventView]) -> dict[str, str | None]:
        keys = {event.key for event in found}
        missing = [key for key in keys if key not in self._owners]
        if missing:
            self._owners |= status.owners(self._world, missing)
            while len(self._owners) > _OWNERS:
                self._owners.popitem(last=False)
        return {key: self._owners.get(key) for key in keys}
