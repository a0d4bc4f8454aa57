"""Whole life of jobs at an invented site, every event durable, while others wait: does a long queue cost anything?

Arguments: jobs that pass (5000), jobs that wait behind them (0), slots (2000), attempts the site may hold (5000). The
real service with its database, loops and couriers; no HTTP, no processes. Prints also what another waiting job costs in
memory, and how soon a service that is started with them has run the first.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.daemon.memory import settle
from gridwms.daemon.service import Service
from gridwms.daemon.site_sections import SimulatedQueue, SimulatedSite
from gridwms.flow.submit import register
from gridwms.flow.world import World
from gridwms.jobs.states import State
from gridwms.security import capability
from gridwms.store.tables import jobs
from gridwms.store.tables.jobs import TIMED

JDL = b'[Executable = "/bin/true"; StdOutput = "out";]'
_AT_ONCE = 100_000
_DONE = select(func.count()).select_from(jobs).where(TIMED, jobs.c.state == State.DONE.value)


def main() -> None:
    count, waiting, slots, most = (
        int(word) for word in [*sys.argv[1:], *["5000", "0", "2000", "5000"][len(sys.argv) - 1 :]]
    )
    site = SimulatedSite(kind="simulated", queues=(SimulatedQueue(slots=slots),), max_jobs=most, batch=2000)
    config = Config(sites={"paradise": site})
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        parts = build(config, data, "http://127.0.0.1:1", capability.load(data))
        world = parts.world
        first, later = count + waiting // 2, waiting - waiting // 2
        seconds = accept(world, first)
        memory = resident()
        seconds += accept(world, later)
        tell("accepted", (count + waiting) / seconds, "jobs/s", count + waiting)
        if waiting:
            tell("memory", (resident() - memory) / later, "bytes/job", count + waiting)
            world.database.close()
            began = time.perf_counter()
            parts = build(config, data, "http://127.0.0.1:1", capability.load(data))
            world = parts.world
        service = Service(world, config, parts.measures)
        settle()
        service.start()
        if waiting:
            wait_for(world, 1)
            tell("restart", time.perf_counter() - began, "s", count + waiting)
        first = wait_for(world, count // 5)
        used, began = time.process_time(), time.perf_counter()
        done = max(1, wait_for(world, count) - first)
        tell("done", done / (time.perf_counter() - began), "jobs/s", waiting or count)
        tell("processor", (time.process_time() - used) / done * 1e6, "us/job", waiting or count)
        service.stop()


def accept(world: World, count: int) -> float:
    """Hand in so many jobs; the seconds that took."""
    began = time.perf_counter()
    for begin in range(0, count, _AT_ONCE):
        register(world, "bench", "", [JDL] * min(_AT_ONCE, count - begin))
    return time.perf_counter() - began


def resident() -> int:
    """Bytes of memory of this process (proc(5))."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_for(world: World, count: int) -> int:
    """Return when so many jobs are done: how many are."""
    while True:
        seen = world.news.count
        done: int = world.database.read(lambda connection: connection.execute(_DONE).scalar_one())
        if done >= count:
            return done
        world.news.wait(seen, 1.0)
        time.sleep(0.05)


def tell(name: str, value: float, unit: str, n: int) -> None:
    print(json.dumps({"name": f"simulated.{name}", "value": round(value, 2), "unit": unit, "n": n}), flush=True)


if __name__ == "__main__":
    main()
