"""Ingesting L&B events: reading lines, storing them durably, and bringing the jobs up to date.

Argument: jobs (1000). Streams of jobs of the WMS with resubmissions, interleaved. `store_…`: lines parsed and on disk
in SQLite, a thousand a commit; `settle_…`: the jobs they make, worked out afterwards. `in_order`: as they
sort; `as_it_happened`: monitor and wrapper log side by side, so a part is out of order; `late`: every tenth event two
thousand lines late. Seconds are those of the processor, so that what else runs on the machine does not count.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.order import key
from gridwms.bookkeeping.machine.record import Progress, advance
from gridwms.bookkeeping.ulm import parse_line, write_line
from gridwms.flow.bookkeeping.intake import Line, take_in
from gridwms.flow.bookkeeping.settle import settle
from gridwms.store.database import Database
from tests.bookkeeping import streams


def lines_of(jobs: int) -> list[str]:
    """The lines of many jobs as a server sees them: each job as things happened, all jobs mixed."""
    rng = random.Random(1)
    waiting = []
    for number in range(jobs):
        events = streams.of_job(streams.simple(rng)[0], f"https://lb.example.org:9000/{number:022d}")
        waiting.append(events)
    out: list[str] = []
    while waiting:
        rng.shuffle(waiting)
        out += [write_line(events.pop(0)) for events in waiting]
        waiting = [events for events in waiting if events]
    return out


def delayed(lines: list[str]) -> list[str]:
    """Every tenth line comes two thousand lines later."""
    moved = [(place + (2000 if place % 10 == 5 else 0), line) for place, line in enumerate(lines)]
    return [line for _, line in sorted(moved, key=lambda one: one[0])]


def advance_all(lines: list[str]) -> None:
    """Parse and step, with nothing held but how far each job has come."""
    jobs: dict[str, Progress] = {}
    start = Progress()
    for line in lines:
        event = parse_line(line)
        after = advance(jobs.get(event.job, start), event)
        if after is None:
            raise SystemExit("an event of a sorted stream is out of order")
        jobs[event.job] = after


class Store:
    """A new SQLite database on disk, into which lines come as they come to a service."""

    def __init__(self, place: Path) -> None:
        self.database = Database.sqlite(place)

    def take(self, lines: list[str], size: int = 1000) -> None:
        """Parse and store the lines, durable by the thousand."""
        for first in range(0, len(lines), size):
            part = [Line(parse_line(text), text.rstrip("\n")) for text in lines[first : first + size]]
            self.database.write(lambda connection: take_in(connection, part, 1.4e9))  # noqa: B023

    def settle(self) -> None:
        """Bring all jobs up to date."""
        settle(self.database, 10**9)


def measure(name: str, count: int, work: Callable[[], object]) -> None:
    """Print how many a second."""
    began = time.process_time()
    work()
    seconds = time.process_time() - began
    print(
        json.dumps({"name": f"bookkeeping.{name}", "value": round(count / seconds, 1), "unit": "events/s", "n": count})
    )


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    lines = lines_of(jobs)
    late, ordered = delayed(lines), sorted(lines, key=lambda line: key(parse_line(line)))
    events: list[Event] = [parse_line(line) for line in lines]
    count = len(lines)
    measure("parse", count, lambda: [parse_line(line) for line in lines])
    measure("write", count, lambda: [write_line(event) for event in events])
    measure("step", count, lambda: advance_all(ordered))
    for name, stream in (("in_order", ordered), ("as_it_happened", lines), ("late", late)):
        with tempfile.TemporaryDirectory() as directory:
            store = Store(Path(directory) / "bench.sqlite")
            measure(f"store_{name}", count, lambda: store.take(stream))  # noqa: B023
            measure(f"settle_{name}", count, store.settle)
            store.database.close()


if __name__ == "__main__":
    main()
