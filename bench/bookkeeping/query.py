"""Questions to a store full of L&B events: one job, conditions with and without an index, events, statistics.

Argument: jobs (3000; about thirty events each). Milliseconds of processor time, the median of twenty. `page_…`: the
first page of a hundred.
"""

from __future__ import annotations

import json
import statistics as numbers
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.bookkeeping.ingest import Store, lines_of
from gridwms.bookkeeping.query.attributes import Subject
from gridwms.bookkeeping.query.url import parse_query
from gridwms.flow.bookkeeping.named import Named
from gridwms.flow.bookkeeping.search import Asker, find_events, find_jobs, places
from gridwms.flow.bookkeeping.show import status
from gridwms.flow.world import FlowSettings, World
from gridwms.market.market import Market
from gridwms.sandbox.area import Area
from gridwms.security.identity import Identity, Role
from gridwms.security.policy import allowed
from tests.bookkeeping.streams import OWNER

NOW = 1_300_100_000


def measure(name: str, count: int, work: Callable[[], object]) -> None:
    """Print the median."""
    times = []
    for _ in range(20):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    value = round(numbers.median(times) * 1000, 2)
    print(json.dumps({"name": f"bookkeeping.{name}", "value": value, "unit": "ms", "n": count}))


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    lines = lines_of(jobs)
    count = len(lines)
    with tempfile.TemporaryDirectory() as directory:
        store = Store(Path(directory) / "bench.sqlite")
        store.take(lines)
        store.settle()
        world = World(
            database=store.database,
            market=Market([]),
            sandbox=Area(Path(directory) / "sandbox"),
            sites={},
            settings=FlowSettings(),
            capability=str,
        )
        identity = Identity(subject="op", roles=frozenset({Role.OPERATOR}))
        asker = Asker(identity, lambda action, job: allowed(identity, action, job))

        def page(text: str) -> Callable[[], object]:
            query = parse_query(text, NOW)
            return lambda: find_jobs(world, asker, query, limit=100)

        job = Named(f"https://lb.example.org:9000/{jobs // 2:022d}")
        events = parse_query("type=Abort", NOW, Subject.EVENTS)
        measure("status", count, lambda: status(world, job))
        measure("page_owner", count, page(f"owner={OWNER}"))
        measure("page_state", count, page("status=aborted"))
        measure("nothing_found", count, page("location=nowhere"))
        measure("page_events", count, lambda: find_events(world, asker, (), events, limit=100))
        measure("statistics", count, lambda: places(world, NOW - 1e6, NOW))
        store.database.close()


if __name__ == "__main__":
    main()
