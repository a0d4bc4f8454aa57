"""What lies under all other figures: rows and commits of SQLite alone, starting a process, a shell, a process in it.

And under a whole life at an invented site (`simulated`): the database alone, which is given once more what a service
wrote in the same statements and commits, from tuples that are ready and with no question asked; and the objects and
texts alone that the contract of sites has for each attempt, which the interpreter makes under its lock.
Arguments: jobs of that life (20000).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from bench._house import TRUE, service, wait_done
from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.flow.gathering import Gathering, read_lines
from gridwms.flow.submit import register
from gridwms.flow.worker import Word
from gridwms.jobs.ids import parse_tag, tag_of
from gridwms.security import capability
from gridwms.sites.contract import Handover, Leftover, Phase, Receipt, Sighting
from gridwms.sites.link import TokenRequest
from gridwms.sites.simulated import lines
from gridwms.store.database import Database

ROWS = 20_000
STARTS = 200
_EVENT = "INSERT INTO events (job, id, type, source, attempt, time, arrived, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_JOB = """
    INSERT INTO jobs (number, key, owner, vo, description, match_class, retry_count, shallow_retry_count, submitted_at,
        state, state_since, decisions, deep_count, shallow_count, account, priority)
    VALUES (?, ?, 'o', 'v', 'd', 'c', 0, 3, 1, 'WAITING', 1, 2, 0, 0, 1, 0)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "floor.sqlite"
        Database.sqlite(path).close()
        connection = sqlite3.connect(path, isolation_level=None)
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;")
        numbers = range(1, ROWS + 1)
        keys = [os.urandom(11).hex() for _ in numbers]
        events = [(n, "site-1-delivered", "Delivered", "site", 1, 1.5, 1.5, '{"receipt":"x"}') for n in numbers]
        tell("job", rows(connection, _JOB, list(zip(numbers, keys, strict=True))))
        tell("event", rows(connection, _EVENT, events))
        change = "UPDATE jobs SET state = ?, state_since = ? WHERE number = ?"
        tell("change", rows(connection, change, [("READY", 2.5, n) for n in numbers]))
        tell("commit", rows(connection, change, [("READY", 3.5, n) for n in numbers[:500]], together=1))
        connection.close()
    for name, words in (
        ("process", ["/bin/true"]),
        ("shell", ["/bin/sh", "-c", ":"]),
        ("fork", ["/bin/sh", "-c", "(:)"]),
        ("shell_and_process", ["/bin/sh", "-c", "/bin/true; :"]),
    ):
        tell(name, starts(words))
    life(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)


Written = list[tuple[str, Any, bool]]
"""A statement with its values, and whether they are of many rows; "" is the end of a transaction."""


def life(count: int) -> None:
    """A whole life: what is below it."""
    with tempfile.TemporaryDirectory() as directory:
        data, kept = Path(directory) / "data", Path(directory) / "kept.sqlite"
        data.mkdir(mode=0o700)
        world = build(Config(sites={}), data, "http://127.0.0.1:1", capability.load(data)).world
        register(world, "bench", "", [TRUE] * count)
        world.database.close()
        shutil.copy(data / "gridwms.sqlite", kept)
        written: Written = []
        watch(written)
        with service(data, slots=2000, held=5000) as world:
            wait_done(world, count)
            time.sleep(1.0)  # the site is told to forget the last ones
        connection = sqlite3.connect(kept, isolation_level=None)
        connection.executescript("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536;")
        began = time.perf_counter()
        tell("life.database", spent(lambda: replay(connection, written), resource.RUSAGE_SELF) / count, count)
        tell("life.database.rate", count / (time.perf_counter() - began), count, "jobs/s")
        tell("life.commits", sum(1 for one in written if not one[0]), count, "commits")
        (done,) = connection.execute("SELECT count(*) FROM jobs WHERE state = 'DONE'").fetchone()
        if done != count:
            raise SystemExit(f"{done} of {count} jobs are done after what was written is written again")
        connection.close()
        tell("life.objects", spent(lambda: objects(count), resource.RUSAGE_SELF) / count, count)


def watch(written: Written) -> None:
    """Note all that is written from now on, to any database."""

    def note(connection: Connection, _cursor: object, text: str, values: Any, _context: object, many: bool) -> None:
        if connection.get_execution_options().get("writing") and not text.startswith(("SELECT", "WITH", "PRAGMA")):
            written.append((text, values, many))

    def end(connection: Connection) -> None:
        if connection.get_execution_options().get("writing"):
            written.append(("", (), False))

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "commit", end)
    event.listen(Engine, "rollback", end)


def replay(connection: sqlite3.Connection, written: Written) -> None:
    for text, values, many in written:
        if not text:
            if connection.in_transaction:
                connection.execute("COMMIT")
        elif many:
            connection.executemany(text, values)
        else:
            connection.execute(text, values)


def objects(count: int) -> None:
    """What goes to a site and comes back of so many attempts, two thousand at a time, and is heard."""
    for begin in range(0, count, 2000):
        keys = [f"{number:022d}" for number in range(begin, min(count, begin + 2000))]
        tags = [tag_of(key, 1) for key in keys]
        handovers = [Handover(tag=tag, ce="ce", script=tag.upper) for tag in tags]
        receipts = [Receipt(one.tag, f"sim-{one.tag}") for one in handovers]
        first = [lines.running(1, f"sim{tag[-8:]}", 2.0, "wn") for tag in tags]
        words = [TokenRequest(tag, tag[-8:], (line,)) for tag, line in zip(tags, first, strict=True)]
        last = [lines.finished(1, f"sim{tag[-8:]}", 3.0, 0, 1.0) for tag in tags]
        seen = [Sighting(one.tag, Phase.ENDED, 3.0) for one in receipts]
        left = [Leftover(one.tag, (line,)) for one, line in zip(seen, last, strict=True)]
        said = Gathering()
        for tag, instance, spoken in words:
            word = Word(*parse_tag(tag), spoken, instance)
            said.add(word.key, 1, read_lines(word.lines, 1, 1.0, 4.0))
        for one in left:
            said.add(parse_tag(one.tag)[0], 1, read_lines(one.events, 1, 1.0, 4.0))
        said.events()


def rows(
    connection: sqlite3.Connection, statement: str, values: Sequence[tuple[object, ...]], together: int = ROWS
) -> float:
    """Microseconds of processor time a row, so many in one transaction."""

    def work() -> None:
        for begin in range(0, len(values), together):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, values[begin : begin + together])
            connection.execute("COMMIT")

    return spent(work, resource.RUSAGE_SELF) / len(values)


def starts(words: list[str]) -> float:
    """Microseconds of processor time of a child, from its start to its end."""

    def work() -> None:
        for _ in range(STARTS):
            os.waitpid(os.posix_spawn(words[0], words, {"PATH": "/usr/bin:/bin"}), 0)

    return spent(work, resource.RUSAGE_CHILDREN) / STARTS


def spent(work: Callable[[], None], who: int) -> float:
    """Microseconds of processor time."""
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6


def tell(name: str, value: float, n: int = ROWS, unit: str = "us") -> None:
    print(json.dumps({"name": f"floor.{name}", "value": round(value, 2), "unit": unit, "n": n}), flush=True)


if __name__ == "__main__":
    main()
