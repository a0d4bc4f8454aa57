"""The courier of a site: one thread that runs its errands and looks after its attempts.

Each site has its own, so that one that is slow or hangs delays nobody else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

import structlog

from gridwms.daemon.leaseholder import Leaseholder
from gridwms.flow.credentials.wallet import Bearer
from gridwms.flow.deliver import run_errands
from gridwms.flow.follow import look
from gridwms.flow.world import World
from gridwms.sites.contract import Site, SiteUnavailable
from gridwms.store.database import StoreUnavailable

logger = structlog.get_logger(__name__)

_MOST_PAUSE = 60.0
_IDLE = 5.0
_GATHER = 0.05
"""Seconds between rounds at least, so that what many jobs bring about is done in one go."""


class Courier:
    """Runs until `stop`. `ended` may be called from any thread when the site itself tells that attempts ended."""

    def __init__(self, world: World, site: Site, leases: Leaseholder) -> None:
        self._world = world
        self._leases = leases
        self._site = site
        self._bearer = Bearer(world, site)
        self._stopping = False
        self._ended: set[str] = set()
        self._lock = threading.Lock()
        self._pause = 0.0
        self._next_look = 0.0
        self._thread = threading.Thread(target=self._run, name=f"courier-{site.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ended(self, tags: Collection[str]) -> None:
        """The site says that these attempts have ended: look at them now."""
        with self._lock:
            self._ended |= set(tags)
        self._world.errands[self._site.name].set()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end; whether it did within `timeout` seconds. One that hangs is left behind."""
        self._stopping = True
        self._world.errands[self._site.name].set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        signal = self._world.errands[self._site.name]
        while not self._stopping:
            began, seen = time.monotonic(), signal.count
            try:
                wait = self._round()
            except StoreUnavailable as error:
                logger.error("store unavailable", site=self._site.name, why=str(error))
                wait = 2.0
            except Exception:
                logger.exception("courier failed", site=self._site.name)
                wait = 5.0
            signal.wait(seen, wait)
            if not self._stopping:
                time.sleep(max(0.0, began + _GATHER - time.monotonic()))

    def _round(self) -> float:
        """One round of work; how long to wait at most before the next."""
        world, site = self._world, self._site
        if not self._leases.have(f"site {site.name}"):
            return _IDLE
        due = run_errands(world, site)
        with self._lock:
            ended, self._ended = self._ended, set()
        now = world.clock()
        try:
            if ended:
                look(world, site, ended)
            if now >= self._next_look:
                asked = look(world, site)
                if due is None and site.name not in world.answering:
                    # No errand will tell whether it answers, and perhaps nothing of ours is there to be asked about.
                    if not asked:
                        site.describe()
                    world.has_answered(site.name)
                self._bearer.bring()
                self._next_look = world.clock() + world.settings.policy(site.name).poll_seconds
            self._pause = 0.0
        except StoreUnavailable:
            raise
        except Exception as error:
            # The adaptor's fault is the site's trouble; the site is asked again, later and later.
            if not isinstance(error, SiteUnavailable):
                logger.exception("site adaptor failed", site=site.name, errand="status")
            self._pause = min(max(2 * self._pause, 1.0), _MOST_PAUSE)
            self._next_look = now + self._pause
            world.has_failed(site.name, str(error))
            logger.warning("site unavailable", site=site.name, errand="status", why=str(error))
            with self._lock:
                self._ended |= ended
        now = world.clock()
        return max(0.0, min(self._next_look, due if due is not None else self._next_look) - now)
