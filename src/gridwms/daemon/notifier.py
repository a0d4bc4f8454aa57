"""Serves subscriptions: one thread with an event loop, a task for each, parked while there is nothing for it.

What came is taken from the tail of the log, which reads once for all. A delivery is noted when the target has taken
it, so after a crash it comes again and never less (at least once). Tries of one subscription follow each other, so its
events come in order; one that fails waits longer and longer and costs nothing meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from anyio import to_thread

from gridwms.api.streams import Streams
from gridwms.channels.errors import Undelivered
from gridwms.channels.outlets import Kind
from gridwms.daemon.leaseholder import Leaseholder
from gridwms.flow.backoff import retry_after
from gridwms.flow.deliveries import deliver
from gridwms.flow.errors import FlowError
from gridwms.flow.notices import MOST_IN_MAIL
from gridwms.flow.tail import Tail
from gridwms.flow.telling import Told
from gridwms.flow.world import World
from gridwms.jobs.interest import Interest
from gridwms.store import subscriptions as rows
from gridwms.store.database import StoreUnavailable
from gridwms.store.subscriptions import Subscription

logger = structlog.get_logger(__name__)

LEASE = "notify"
_LOOK = 5.0
"""Seconds between looks at which subscriptions there are: another instance may have made one."""
_HEALTHY, _FAILING = 32, 8
"""Deliveries at the same time; those that failed before have places of their own, so that they hold up nobody."""
_GATHER = 1.0
"""Seconds that a mail waits for what follows its first event."""

Withdrawn = Callable[[str, Interest], FlowError | None]


class Notifier:
    """Runs until `stop`, in the instance that has the lease. `withdrawn`: why somebody may not hear of it any more."""

    def __init__(
        self,
        world: World,
        tail: Tail,
        leases: Leaseholder,
        withdrawn: Withdrawn = lambda _subject, _interest: None,
        rng: random.Random | None = None,
    ) -> None:
        self._world = world
        self._withdrawn = withdrawn
        self._tail = tail
        self._streams = Streams(tail)
        self._leases = leases
        self._rng = rng or random.SystemRandom()
        self._idle: dict[str, int] = {}
        self._served: dict[str, Subscription] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)

    def start(self) -> None:
        if self._world.outlets is not None:
            self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end; whether it did within `timeout` seconds. What is under way is delivered again."""
        self._stopping = True
        self._world.subscribed.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._healthy, self._failing = asyncio.Semaphore(_HEALTHY), asyncio.Semaphore(_FAILING)
        self._streams.open()
        seen = -1
        try:
            while not self._stopping:
                try:
                    await self._look()
                except StoreUnavailable as error:
                    logger.error("subscriptions cannot be read", why=str(error))
                except Exception:
                    logger.exception("notifier failed")
                seen = await to_thread.run_sync(self._world.subscribed.wait, seen, _LOOK)
        finally:
            self._streams.close()
            await self._end(list(self._tasks))
            with contextlib.suppress(StoreUnavailable):
                await self._note_idle()

    async def _look(self) -> None:
        """Begin what is new, end what is gone or changed, note how far those are that had nothing to tell."""
        wanted: dict[str, Subscription] = {}
        if self._leases.have(LEASE):
            await self._note_idle()
            found = await to_thread.run_sync(self._world.database.read, lambda c: rows.active(c, self._world.clock()))
            wanted = {one.key: one for one in found}
        await self._end([key for key in self._tasks if not _goes_on(self._served[key], wanted.get(key))])
        for key, one in wanted.items():
            if key not in self._tasks or self._tasks[key].done():
                self._served[key] = one
                self._tasks[key] = asyncio.create_task(self._serve(one), name=f"subscription {key}")

    async def _end(self, keys: Sequence[str]) -> None:
        tasks = [self._tasks.pop(key) for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _note_idle(self) -> None:
        moved, self._idle = self._idle, {}
        if moved:
            await to_thread.run_sync(self._world.database.write, lambda connection: rows.move(connection, moved))

    async def _serve(self, one: Subscription) -> None:
        try:
            while not self._stopping:
                if one.failures or one.kind == Kind.MAIL:
                    # It will pause for long: nothing is kept in memory for it, and the log is read then.
                    one = await self._next(one)
                    continue
                with self._tail.listening(one.interest):
                    # What comes while a delivery is under way need not be read from the log.
                    while not (self._stopping or one.failures):
                        one = await self._next(one)
        except _Over:
            return
        except StoreUnavailable as error:
            logger.error("subscription waits for the store", subscription=one.key, why=str(error))
        except Exception:
            logger.exception("subscription failed", subscription=one.key)

    async def _next(self, one: Subscription) -> Subscription:
        """Wait for something to tell, and for the time to tell it; deliver it or note why not."""
        now = self._world.clock()
        due = max(one.next_at or 0.0, (one.delivered_at or 0.0) + one.every)
        told: Sequence[Told] = ()
        cursor = one.cursor
        async with contextlib.aclosing(self._streams.follow(cursor, one.interest)) as parts:
            async for part, _caught_up in parts:
                cursor = part.cursor
                if part.told:
                    told = part.told
                    break
                self._idle[one.key] = cursor
        self._idle.pop(one.key, None)
        if not told:
            raise _Over
        await asyncio.sleep(max(due - now, _GATHER if one.kind == Kind.MAIL else 0.0))
        return await self._deliver(one, told, cursor)

    async def _deliver(self, one: Subscription, told: Sequence[Told], cursor: int) -> Subscription:
        outlets = self._world.outlets
        assert outlets is not None  # noqa: S101 (else it was not started)
        why = await to_thread.run_sync(self._withdrawn, one.owner, one.interest)
        if why is not None:
            logger.warning("subscription paused", subscription=one.key, why=str(why))
            return await self._note(one, {"paused_at": self._world.clock(), "error": str(why)})
        more = 0
        if one.kind == Kind.MAIL:
            told, more, cursor = await self._gathered(one, told, cursor)
        async with self._failing if one.failures else self._healthy:
            if not self._leases.have(LEASE):
                raise _Over
            try:
                await deliver(self._world, outlets, one, told, more)
            except Undelivered as error:
                return await self._note(one, self._failed(one, error))
        now = self._world.clock()
        fresh = {"failures": 0, "failing_since": None, "next_at": None, "error": ""}
        return await self._note(one, {"cursor": cursor, "delivered_at": now, **fresh})

    async def _gathered(self, one: Subscription, told: Sequence[Told], cursor: int) -> tuple[Sequence[Told], int, int]:
        """What came while the mail waited, as far as it fits; how much did not."""
        found, more = list(told), 0
        while True:
            part = await self._streams.look(cursor, one.interest)
            cursor = part.cursor
            room = MOST_IN_MAIL - len(found)
            found += part.told[:room]
            more += len(part.told[room:])
            if part.whole:
                return found, more, cursor

    def _failed(self, one: Subscription, error: Undelivered) -> dict[str, Any]:
        now = self._world.clock()
        since = now if one.failing_since is None else one.failing_since
        failures = one.failures + 1
        wait = max(error.wait, retry_after(failures, self._rng))
        pause = error.gone or now - since >= self._world.settings.notify.pause_seconds
        logger.warning("not delivered", subscription=one.key, failures=failures, paused=pause, why=error.sentence)
        return {
            "failures": failures,
            "failing_since": since,
            "next_at": now + wait,
            "error": error.sentence,
            "paused_at": now if pause else None,
        }

    async def _note(self, one: Subscription, values: dict[str, Any]) -> Subscription:
        await to_thread.run_sync(self._world.database.write, lambda c: rows.change(c, one.key, values))
        if values.get("paused_at") is not None:
            raise _Over
        changed = self._served[one.key] = replace(one, **values)
        return changed


def _goes_on(served: Subscription, now: Subscription | None) -> bool:
    """Whether a task can go on: it is still wanted, and nobody has asked for a new try meanwhile."""
    return now is not None and not (served.failures and not now.failures)


class _Over(Exception):
    """Nothing more is to be done for this subscription here."""
