"""What lies under all other figures: rows and commits of SQLite alone, starting a process, a shell, a process in it."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from gridwms.store.database import Database

ROWS = 20_000
STARTS = 200
_EVENT = "INSERT INTO events (job, id, type, source, attempt, time, arrived, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_JOB = """
    INSERT INTO jobs (number, key, owner, vo, description, match_class, retry_count, shallow_retry_count, submitted_at,
        state, state_since, decisions, deep_count, shallow_count)
    VALUES (?, ?, 'o', 'v', 'd', 'c', 0, 3, 1, 'WAITING', 1, 2, 0, 0)
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


def tell(name: str, value: float) -> None:
    print(json.dumps({"name": f"floor.{name}", "value": round(value, 2), "unit": "us", "n": ROWS}), flush=True)


if __name__ == "__main__":
    main()
