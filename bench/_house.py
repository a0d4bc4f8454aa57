"""What benchmarks share: a line a figure, a service without HTTP at an invented site, and databases filled by SQL."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import func, select

from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.daemon.memory import settle
from gridwms.daemon.serve import SWITCH_SECONDS
from gridwms.daemon.service import Service
from gridwms.daemon.site_sections import SimulatedQueue, SimulatedSite
from gridwms.flow.submit import register
from gridwms.flow.world import World
from gridwms.jobs.states import State
from gridwms.security import capability
from gridwms.store import listing
from gridwms.store.tables import jobs
from gridwms.store.tables.jobs import TIMED

TRUE = b'[Executable = "/bin/true";]'
NEVER = b'[Executable = "/bin/true"; Requirements = other.GlueCEName == "nowhere";]'
_COPIED = ("jobs", "attempts", "events")


def tell(name: str, value: float, unit: str, n: int) -> None:
    """Print a figure, with three or four digits that mean something."""
    shown = round(value, 1) if value >= 100 else float(f"{value:.3g}")
    print(json.dumps({"name": name, "value": shown, "unit": unit, "n": n}), flush=True)


@contextmanager
def service(data: Path, slots: int, held: int = 10**9, latency: float = 0.0) -> Iterator[World]:
    """The real service on the database in `data`, its loops and couriers, at a site whose jobs take no time.

    `held`: how many jobs the site may have at once. `latency`: seconds that each stands in its queue.
    """
    site = SimulatedSite(
        kind="simulated", queues=(SimulatedQueue(slots=slots, latency=latency),), max_jobs=held, batch=2000
    )
    config = Config(sites={"paradise": site})
    parts = build(config, data, "http://127.0.0.1:1", capability.load(data))
    world, running = parts.world, Service(parts.world, config, parts.measures)
    settle()  # as `gridwms serve` does, and:
    sys.setswitchinterval(SWITCH_SECONDS)
    running.start()
    try:
        yield world
    finally:
        running.stop()


_DONE = select(func.count()).select_from(jobs).where(TIMED, jobs.c.state == State.DONE.value)


def done(world: World) -> int:
    """How many jobs have ended well: by an index, for counting all that wait would be the larger part of the work."""
    count: int = world.database.read(lambda connection: connection.execute(_DONE).scalar_one())
    return count


def wait_done(world: World, count: int) -> None:
    """Return when so many jobs have ended well."""
    seen = world.news.count
    while done(world) < count:
        seen = world.news.wait(seen, 1.0)
        time.sleep(0.02)


def sample(data: Path, text: bytes, *, until: str) -> None:
    """Make a database with one real job in it that has come to a state: WAITING, SCHEDULED, DONE."""
    data.mkdir(mode=0o700, parents=True)
    with service(data, slots=1, latency=1e6 if until == "SCHEDULED" else 0.0) as world:
        register(world, "bench", "", [text])
        while not world.database.read(listing.counts).get(until):
            time.sleep(0.01)
    shutil.rmtree(data / "sites", ignore_errors=True)


def multiply(data: Path, count: int) -> None:
    """Make `count` jobs out of each one that is there, with attempts and events, as if each had been here itself.

    Rows are copied by SQL, in the order in which jobs come: a million takes seconds.
    """
    with closing(sqlite3.connect(data / "gridwms.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        connection.execute("BEGIN")
        originals = connection.execute("SELECT number, key FROM jobs ORDER BY number").fetchall()
        for place, (number, key) in enumerate(originals):
            after = connection.execute("SELECT max(number) FROM jobs").fetchone()[0]
            for table in _COPIED:
                _copy(connection, table, number, key, after, count - 1, f"{place:02d}")
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("ANALYZE")


def _copy(connection: sqlite3.Connection, table: str, number: int, key: str, after: int, count: int, mark: str) -> None:
    """Copies of the rows of one job. What is not given below is as in the original."""
    assert re.fullmatch(r"[0-9A-Za-z]{22}", key)
    new_key = f"'{mark}' || printf('%020d', s.n)"
    changed = {
        "jobs": {"number": f"{after} + s.n", "key": new_key},
        "attempts": {"job": f"{after} + s.n", "receipt": f"replace(t.receipt, '{key}', {new_key})"},
        "events": {"cursor": "NULL", "job": f"{after} + s.n", "data": f"replace(t.data, '{key}', {new_key})"},
    }[table]
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(column, f"t.{column}") for column in columns)
    order = {"jobs": "t.number", "attempts": "t.number", "events": "t.cursor"}[table]
    own = "number" if table == "jobs" else "job"
    connection.execute(
        f"WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) "
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM s CROSS JOIN "
        f"(SELECT * FROM {table} WHERE {own} = {number} ORDER BY {order.removeprefix('t.')}) t"
    )
