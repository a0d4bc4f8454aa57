"""A black hole among good sites, with the real service: few attempts are lost in it, and a restart does not forget."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.daemon.service import Service
from gridwms.daemon.site_sections import SimulatedFaults, SimulatedQueue, SimulatedSite
from gridwms.flow import sites
from gridwms.flow.breaker import Position
from gridwms.flow.submit import register
from gridwms.flow.world import World
from gridwms.security import capability
from gridwms.store.tables import attempts, jobs

COUNT = 1000
JDL = b'[Executable = "/bin/true"; ShallowRetryCount = 3; Rank = other.GlueCEStateFreeJobSlots;]'


def site(slots: int, **faults: float) -> SimulatedSite:
    return SimulatedSite(
        kind="simulated",
        host=f"ce{slots}.example.org",
        queues=(SimulatedQueue(slots=slots),),
        run_seconds=0.3,
        prepare_seconds=0.2,
        poll_seconds=0.5,
        refresh_seconds=1.0,
        max_queued=60,
        faults=SimulatedFaults(**faults),
    )


CONFIG = Config(sites={"good": site(80), "better": site(90), "hole": site(100, die_early=1.0)})


def wait(check: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.1)
    return False


def states(world: World) -> Counter[str]:
    return Counter(world.database.read(lambda c: list(c.scalars(select(jobs.c.state)))))


def test_few_attempts_are_lost(tmp_path: Path) -> None:
    parts = build(CONFIG, tmp_path, "http://127.0.0.1:1", capability.load(tmp_path))
    world, service = parts.world, Service(parts.world, CONFIG, parts.measures)
    service.start()
    try:
        assert wait(lambda: len(world.market.snapshot.resources) == 3)
        register(world, "ann", "", [JDL] * COUNT)
        assert wait(lambda: sites.site(world, "hole").breaker is Position.OPEN)
        assert wait(lambda: states(world) == {"DONE": COUNT}), states(world)
        tried = world.database.read(lambda c: c.execute(select(attempts.c.site, attempts.c.payload_at)).all())
    finally:
        service.stop()
    lost = [payload for where, payload in tried if where == "hole"]
    assert len(lost) < 250 and not any(lost), len(lost)
    assert sum(1 for _place, payload in tried if payload is not None) == COUNT, "each payload started once"
    again = build(CONFIG, tmp_path, "http://127.0.0.1:1", capability.load(tmp_path)).world
    try:
        [element] = sites.site(again, "hole").elements
        assert element.breaker is Position.OPEN and "its node broke down" in element.why
    finally:
        for place in again.sites.values():
            place.close()
        again.database.close()
