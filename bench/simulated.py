"""Whole life of jobs at an invented site, every event durable: accepted, matched, delivered, run, done.

Arguments: jobs (5000), slots (as many), jobs the site may hold (no limit: none waits here). The real service with its database, loops and couriers; no HTTP, no processes.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from gridwms.daemon.build import build
from gridwms.daemon.config import Config, SimulatedQueue, SimulatedSite
from gridwms.daemon.service import Service
from gridwms.flow.submit import register
from gridwms.jobs.states import State
from gridwms.security import capability
from gridwms.store import listing


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    slots = int(sys.argv[2]) if len(sys.argv) > 2 else count
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 10**9
    site = SimulatedSite(kind="simulated", queues=(SimulatedQueue(slots=slots),), max_jobs=most, batch=2000)
    config = Config(sites={"paradise": site})
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        world = build(config, data, "http://127.0.0.1:1", capability.load(data)).world
        service = Service(world, config)
        service.start()
        began = time.perf_counter()
        register(world, "bench", "", [b'[Executable = "/bin/true";]'] * count)
        accepted = time.perf_counter()
        seen = world.news.count
        while world.database.read(listing.counts).get(State.DONE.value, 0) < count:
            seen = world.news.wait(seen, 1.0)
            time.sleep(0.05)
        ended = time.perf_counter()
        service.stop()
    for name, value in (("accepted", count / (accepted - began)), ("done", count / (ended - began))):
        print(json.dumps({"name": f"simulated.{name}", "value": round(value, 1), "unit": "jobs/s", "n": count}))


if __name__ == "__main__":
    main()
