"""What fair share costs: a round beside a hundred thousand waiting jobs, rounds with many users, and one at full flow.

Arguments: how many jobs of one user wait, and how many other users have one each (100000 1000). Processor time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from bench._house import TRUE, multiply, tell
from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.daemon.site_sections import SimulatedQueue, SimulatedSite
from gridwms.flow.schedule import Scheduler
from gridwms.flow.share.view import standings
from gridwms.flow.submit import register
from gridwms.flow.world import World
from gridwms.jobs.states import State
from gridwms.security import capability
from gridwms.store import listing

HELD = 1000


def main() -> None:
    waiting, users = [int(word) for word in sys.argv[1:]] or [100_000, 1_000]
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        data.mkdir(mode=0o700)
        world = _world(data)
        register(world, "flood", "", [TRUE])
        world.database.close()
        multiply(data, waiting)
        world = _world(data)
        world.market.refresh("site paradise")
        scheduler = Scheduler(world)
        used = _processor(scheduler, until_idle=True)
        tell("share.place", 1e6 * used / HELD, "us/job", waiting)
        tell("share.idle_round", 1000 * min(_processor(scheduler) for _ in range(20)), "ms", waiting)
        for number in range(users):
            register(world, f"user{number}", f"vo{number % 10}", [TRUE])
        _processor(scheduler)
        tell("share.crowded_round", 1000 * min(_processor(scheduler) for _ in range(10)), "ms", users)
        began = time.process_time()
        count = len(standings(world))
        tell("share.top", 1000 * (time.process_time() - began), "ms", count)
        assert world.database.read(listing.counts)[State.READY] == HELD
        world.database.close()


def _world(data: Path) -> World:
    site = SimulatedSite(kind="simulated", queues=(SimulatedQueue(slots=HELD),), max_jobs=HELD)
    return build(Config(sites={"paradise": site}), data, "http://127.0.0.1:1", capability.load(data)).world


def _processor(scheduler: Scheduler, *, until_idle: bool = False) -> float:
    began = time.process_time()
    while scheduler.round() and until_idle:
        pass
    return time.process_time() - began


if __name__ == "__main__":
    main()
