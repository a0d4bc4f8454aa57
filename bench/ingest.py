"""Events of wrappers taken in, durable at the answer: in sets of 1,000 jobs, and for one job a request.

Arguments: jobs (20000); each tells three events. `sets`: every wrapper has a clock of its own, as in the field;
`alike`: all tell the same times, as an array that begins at once nearly does. `singly`: from 1, 16 and 64 threads.
Without HTTP.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench._house import TRUE, multiply, sample, tell
from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.daemon.memory import settle
from gridwms.flow.worker import Word, hear
from gridwms.flow.world import World
from gridwms.security import capability

SET = 1_000
SINGLY = 400
EVENTS_A_JOB = 3


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        sample(data, TRUE, until="SCHEDULED")
        multiply(data, 2 * count + 3 * SINGLY + 1)
        world = build(Config(sites={}), data, "http://127.0.0.1:1", capability.load(data)).world
        settle()  # as the service does
        keys = [f"00{number:020d}" for number in range(1, 2 * count + 3 * SINGLY + 1)]
        singly, sets = keys[: 3 * SINGLY], keys[3 * SINGLY :]
        own, alike = sets[:count], sets[count:]
        for name, mine, step in (("", own, 1e-5), ("alike.", alike, 0.0)):
            began, used = time.perf_counter(), time.process_time()
            for first in range(0, count, SET):
                _live(world, mine[first : first + SET], step)
            seconds, used = time.perf_counter() - began, time.process_time() - used
            tell(f"ingest.{name}sets", EVENTS_A_JOB * count / seconds, "events/s", EVENTS_A_JOB * count)
            tell(f"ingest.{name}processor", 1e6 * used / count / EVENTS_A_JOB, "us/event", EVENTS_A_JOB * count)
        for place, threads in enumerate((1, 16, 64)):
            tell(
                "ingest.singly",
                _singly(world, singly[place * SINGLY : (place + 1) * SINGLY], threads),
                "events/s",
                threads,
            )
        world.database.close()


def _live(world: World, keys: Sequence[str], step: float = 0.0) -> None:
    """The wrappers of these jobs tell that they run, take their tokens, and tell the end.

    `step`: seconds between their clocks.
    """
    now = world.clock()
    times = [now + place * step for place in range(len(keys))]
    begins = [f"type=Running&id=worker-1-1-b&time={at}&node=wn1" for at in times]
    ends = [f"type=Finished&id=worker-1-2-b&time={at}&exit_code=0&real=1&user=1&system=0" for at in times]
    told = hear(
        world, [Word(key=key, attempt=1, lines=[line], instance="b") for key, line in zip(keys, begins, strict=True)]
    )
    told += hear(world, [Word(key=key, attempt=1, lines=[line]) for key, line in zip(keys, ends, strict=True)])
    assert told == [None] * len(told), next(answer for answer in told if answer)


def _singly(world: World, keys: Sequence[str], threads: int) -> float:
    """Events a second when each request is about one job, so many requests at the same time."""

    def some(mine: Sequence[str]) -> None:
        for key in mine:
            _live(world, [key])

    running = [threading.Thread(target=some, args=(keys[number::threads],)) for number in range(threads)]
    began = time.perf_counter()
    for one in running:
        one.start()
    for one in running:
        one.join()
    return EVENTS_A_JOB * len(keys) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
