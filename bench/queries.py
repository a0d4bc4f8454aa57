"""Status and history with many events stored: what a question costs the service, and what it takes over HTTP.

Arguments: events stored (1000000), each the eighth of a job's whole life. Single jobs are drawn at random from all of
them, so nothing is at hand. Times are medians.
"""

from __future__ import annotations

import http.client
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench._house import TRUE, multiply, sample, tell
from bench.submission import PARAMETRIC
from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.flow import status
from gridwms.flow.explain import why
from gridwms.flow.submit import register
from gridwms.flow.telling import read_after
from gridwms.flow.world import World
from gridwms.jobs.interest import Interest
from gridwms.jobs.states import State
from gridwms.security import capability
from tests.never_lost.rounds import Runner

EVENTS_A_JOB = 8
NODES = 100_000


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        sample(data, TRUE, until="DONE")
        began = time.perf_counter()
        multiply(data, events // EVENTS_A_JOB)
        size = (data / "gridwms.sqlite").stat().st_size
        tell("queries.size", size / events, "bytes/event", events)
        print(f"filled in {time.perf_counter() - began:.0f} s, {size / 1e9:.1f} GB", file=sys.stderr)
        world = build(Config(sites={}), data, "http://127.0.0.1:1", capability.load(data)).world
        in_service(world, events)
        of_a_parent(world)
        world.database.close()
        over_http(Path(directory), events)
        shutil.rmtree(data)


def _keys(count: int, events: int) -> list[str]:
    """Keys of jobs of the copied ones (see `multiply`)."""
    rng = random.Random(1)
    return [f"00{rng.randint(1, events // EVENTS_A_JOB - 1):020d}" for _ in range(count)]


def in_service(world: World, events: int) -> None:
    keys = iter(_keys(2_000, events))
    middle, jobs = events // 2, events // EVENTS_A_JOB
    for name, times, work in (
        ("status", 200, lambda: status.status(world, [next(keys)])),
        ("status_of_100", 10, lambda: status.status(world, [next(keys) for _ in range(100)])),
        ("history", 200, lambda: status.history(world, next(keys))),
        ("why", 200, lambda: why(world, next(keys))),
        ("first_page", 10, lambda: status.list_jobs(world, owner="bench", states=[], after=None, limit=100)),
        ("late_page", 10, lambda: status.list_jobs(world, owner="bench", states=[], after=jobs // 2, limit=100)),
        ("page_by_state", 10, lambda: status.list_jobs(world, owner=None, states=[State.DONE], after=None, limit=100)),
        ("events_page", 10, lambda: read_after(world, middle, Interest(), limit=1000)),
    ):
        tell(f"queries.{name}", _median(work, times), "ms", events)


def of_a_parent(world: World) -> None:
    """Status of one compound job with many nodes, beside all else."""
    (parent,) = register(world, "bench", "", [(PARAMETRIC % NODES).encode()])
    assert parent.key, parent.problems
    tell("queries.parent", _median(lambda: status.status(world, [str(parent.key)]), 20), "ms", NODES)


def over_http(directory: Path, events: int) -> None:
    runner = Runner(directory)
    runner.start()
    keys = iter(_keys(2_000, events))
    headers = {"Authorization": f"Bearer {(runner.data / 'token').read_text().strip()}"}
    line = http.client.HTTPConnection("127.0.0.1", runner.port, timeout=60)

    def ask() -> None:
        line.request("GET", f"/api/v1/jobs/{next(keys)}", headers=headers)
        answer = line.getresponse()
        assert (answer.status, answer.read()[:1]) == (200, b"{")

    try:
        tell("queries.http_status", _median(ask, 100), "ms", events)
    finally:
        line.close()
        runner.stop()


def _median(work: Callable[[], object], times: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


if __name__ == "__main__":
    main()
