"""A running service: its couriers and loops, started and stopped together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog

from gridwms.daemon.build import connect_links
from gridwms.daemon.config import Config
from gridwms.daemon.courier import Courier
from gridwms.daemon.leaseholder import Leaseholder
from gridwms.daemon.loop import Loop
from gridwms.daemon.notifier import LEASE, Notifier, Withdrawn
from gridwms.daemon.renewal import sources_of
from gridwms.flow import delegation, sources
from gridwms.flow.archive.keep import archive_old
from gridwms.flow.bookkeeping.settle import settle
from gridwms.flow.compound.sweep import sweep
from gridwms.flow.credentials.renew import Renewer
from gridwms.flow.data.register import register_outputs
from gridwms.flow.expire import expire
from gridwms.flow.feedback import Feedback
from gridwms.flow.measures import Measures
from gridwms.flow.once import forget_old
from gridwms.flow.purge import purge_old
from gridwms.flow.replan import replan
from gridwms.flow.retention import Retention
from gridwms.flow.schedule import Scheduler
from gridwms.flow.signal import Signal
from gridwms.flow.silence import tell_silences
from gridwms.flow.subscriptions import remove_expired
from gridwms.flow.tail import Tail
from gridwms.flow.world import World
from gridwms.store import shares
from gridwms.store.database import StoreUnavailable
from gridwms.store.offers import forget_expired

logger = structlog.get_logger(__name__)

_SCHEDULE_SECONDS = 5.0
_EXPIRE_SECONDS = 5.0
_PURGE_SECONDS = 300.0
_ARCHIVE_SECONDS = 3600.0
_SETTLE_SECONDS = 30.0
_QUIET_SECONDS = 1.0
_SETTLED_AT_ONCE = 1000
"""Jobs of other systems that are brought up to date before the lease is looked at again."""
_SWEEP_SECONDS = 5.0
_FORGET_SECONDS = 3600.0
_REPLAN_SECONDS = 30.0
_MEASURE_SECONDS = 60.0
_CATALOGUE_SECONDS = 5.0
_FADED = 40.0
"""Half-lives after which a holding that nothing was added to is forgotten: a million slot hours are 3 ms then."""
_FEEDBACK_SECONDS = 5.0
_FEEDBACK_GATHER = 0.25
_REGISTER_SECONDS = 5.0
_USAGE_SECONDS = 5.0
_LOAD_SECONDS = 5.0
_ACCESS_SECONDS = 1.0
_RENEW_SECONDS = 20.0


class Service:
    """Owns the threads of one world. Nothing it does depends on having been stopped in order."""

    def __init__(
        self,
        world: World,
        config: Config,
        measures: Measures,
        withdrawn: Withdrawn = lambda _subject, _interest: None,
        look: Sequence[Callable[[], object]] = (),
    ) -> None:
        """`look`: what looks whether files of the operator have changed."""
        self._world = world
        self._archive_days = config.archive.after_days
        self._settled_at = -_SETTLE_SECONDS
        self._files = look
        self.tail = Tail(world)
        scheduler, mover = Scheduler(world), Scheduler(world)
        self._feedback = Feedback(world)
        names = ["schedule", "expire", "bookkeeping", LEASE, *(f"site {name}" for name in world.sites)]
        self._leases = Leaseholder(world, names, config.service.lease_seconds)
        self._couriers = {name: Courier(world, site, self._leases) for name, site in world.sites.items()}
        self._notifier = Notifier(world, self.tail, self._leases, withdrawn)
        self._loops = [
            Loop("schedule", self._if_ours("schedule", scheduler.round), _SCHEDULE_SECONDS, world.waiting),
            Loop("expire", self._if_ours("expire", lambda: expire(world)), _EXPIRE_SECONDS),
            Loop("sweep", self._if_ours("expire", lambda: sweep(world)), _SWEEP_SECONDS, world.sweeping),
            Loop("purge", self._if_ours("expire", lambda: purge_old(world)), _PURGE_SECONDS),
            Loop("retention", self._if_ours("expire", Retention(world).announce), _PURGE_SECONDS),
            Loop("usage", world.usage.write_down, _USAGE_SECONDS),
            Loop("tidy", self._if_ours("expire", self._tidy), _FORGET_SECONDS),
            Loop("bookkeeping", self._if_ours("bookkeeping", self._settle), _QUIET_SECONDS),
            Loop(
                "feedback",
                self._if_ours("schedule", self._feedback.read_on),
                _FEEDBACK_SECONDS,
                world.news,
                gather=_FEEDBACK_GATHER,
            ),
            Loop("silence", lambda: tell_silences(world, self._driven()), _FEEDBACK_SECONDS),
            Loop("replan", self._if_ours("expire", lambda: replan(world, mover)), _REPLAN_SECONDS, world.resting),
            Loop("register", self._if_ours("expire", lambda: register_outputs(world)), _REGISTER_SECONDS),
            Loop("measures", lambda: measures.count(world), _MEASURE_SECONDS),
            Loop("renew", self._if_ours("expire", Renewer(world, sources_of(config, world)).round), _RENEW_SECONDS),
            Loop("archive", self._if_ours("expire", self._archive), _ARCHIVE_SECONDS),
            Loop("market", self._expire_market, 10.0),
            Loop("load", self._measure, _LOAD_SECONDS),
            Loop("access", self._look, _ACCESS_SECONDS),
        ]
        # The first look at each source, then its own pace; a source that hangs holds up itself alone.
        seconds = {f"site {name}": section.refresh_seconds for name, section in config.sites.items()}
        seconds |= {name: section.seconds for name, section in config.sources.items()}
        self._loops += [
            Loop(f"source {name}", self._refresher(name), pause, Signal()) for name, pause in seconds.items()
        ]

        asked = {name: Signal() for name in config.catalogues}
        world.data.wake = lambda name: asked[name].set()
        self._loops += [
            Loop(f"catalogue {name}", partial(world.data.ask, name), _CATALOGUE_SECONDS, signal)
            for name, signal in asked.items()
        ]

    def start(self) -> None:
        """Set everything going."""
        connect_links(self._world)
        self._leases.start()
        for name, site in self._world.sites.items():
            watch = getattr(site, "watch", None)
            if watch is not None:
                watch(self._couriers[name].ended)
        for courier in self._couriers.values():
            courier.start()
        for loop in self._loops:
            loop.start()
        self._notifier.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End the threads, let go of the sites, close the database. Jobs at the sites go on."""
        stoppers: list[Callable[[float], bool]] = [loop.stop for loop in self._loops]
        stoppers += [self._notifier.stop, *(courier.stop for courier in self._couriers.values())]
        threads = [threading.Thread(target=stop, args=(timeout,)) for stop in stoppers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.tail.close()
        self._leases.stop()
        for site in self._world.sites.values():
            site.close()
        self._world.data.close()
        with suppress(StoreUnavailable):
            self._world.usage.write_down()
        self._world.database.close()

    def _if_ours(self, lease: str, work: Callable[[], object]) -> Callable[[], object]:
        return lambda: work() if self._leases.have(lease) else False

    def _archive(self) -> None:
        if self._archive_days >= 0:
            archive_old(self._world, self._archive_days * 86400.0)

    def _settle(self) -> bool:
        """Events that come in bulk are worked out when they stop coming: many of one job cost little more than one."""
        now, logged = time.monotonic(), self._world.logged_at
        due = now - self._settled_at >= _SETTLE_SECONDS
        quiet = now - logged >= _QUIET_SECONDS
        if not due and not (quiet and logged > self._settled_at):
            return False
        more = settle(self._world.database, _SETTLED_AT_ONCE) == _SETTLED_AT_ONCE
        if not more:
            self._settled_at = now
        return more

    def _driven(self) -> list[str]:
        return [name for name in self._couriers if self._leases.have(f"site {name}")]

    def _tidy(self) -> None:
        self._feedback.tidy()
        forget_old(self._world)
        delegation.forget_old(self._world)
        remove_expired(self._world)
        faded = self._world.clock() - _FADED * self._world.settings.shares.half_life_seconds
        self._world.database.write(lambda connection: shares.forget(connection, faded))
        self._world.database.write(lambda connection: forget_expired(connection, self._world.clock()))

    def _refresher(self, source: str) -> Callable[[], None]:
        def refresh() -> None:
            sources.refresh(self._world, source)

        return refresh

    def _measure(self) -> None:
        if self._world.load is not None:
            self._world.load.look()

    def _look(self) -> None:
        """Whether bans of other instances, or files of the operator, permit less now."""
        self._world.bans.all()
        for look in self._files:
            look()

    def _expire_market(self) -> None:
        before = self._world.market.snapshot.version
        if self._world.market.expire().version != before:
            self._world.waiting.set()
