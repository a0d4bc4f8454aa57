"""Ingesting L&B events on one core: reading the ULM line, sequence code, one step of the state machine.

Argument: jobs (2000). Streams of jobs of the WMS with resubmissions, interleaved. `ingest`: in order, one step each;
`ingest_held`: the same with all events kept; `ingest_as_it_happened`: monitor and wrapper log side by side, so a part
is out of order; `ingest_late`: every tenth event two thousand lines late. Nothing is stored. Seconds are those of the
processor, so that what else runs on the machine does not count.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.order import key
from gridwms.bookkeeping.machine.record import JobRecord, Progress, advance
from gridwms.bookkeeping.ulm import parse_line, write_line
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


def ingest(lines: list[str]) -> None:
    """Parse and step, with all events of every job held."""
    records: dict[str, JobRecord] = {}
    for line in lines:
        event = parse_line(line)
        record = records.get(event.job)
        if record is None:
            record = records[event.job] = JobRecord()
        record.add(event)


def advance_all(lines: list[str]) -> None:
    """Parse and step, with nothing held but how far each job has come: what a server does for an event in order."""
    jobs: dict[str, Progress] = {}
    start = Progress()
    for line in lines:
        event = parse_line(line)
        after = advance(jobs.get(event.job, start), event)
        if after is None:
            raise SystemExit("an event of a sorted stream is out of order")
        jobs[event.job] = after


def measure(name: str, count: int, work: Callable[[], object]) -> None:
    """Print how many a second."""
    began = time.process_time()
    work()
    seconds = time.process_time() - began
    print(
        json.dumps({"name": f"bookkeeping.{name}", "value": round(count / seconds, 1), "unit": "events/s", "n": count})
    )


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    lines = lines_of(jobs)
    late, ordered = delayed(lines), sorted(lines, key=lambda line: key(parse_line(line)))
    events: list[Event] = [parse_line(line) for line in lines]
    count = len(lines)
    measure("parse", count, lambda: [parse_line(line) for line in lines])
    measure("write", count, lambda: [write_line(event) for event in events])
    measure("ingest", count, lambda: advance_all(ordered))
    measure("ingest_held", count, lambda: ingest(ordered))
    measure("ingest_as_it_happened", count, lambda: ingest(lines))
    measure("ingest_late", count, lambda: ingest(late))


if __name__ == "__main__":
    main()
