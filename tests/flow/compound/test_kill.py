"""The service is killed in the middle of what it does to a compound: nothing is half done, the rest is done later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gridwms.flow.compound.sweep import sweep
from gridwms.flow.world import FlowSettings, World
from gridwms.market.market import Market
from gridwms.sandbox.area import Area
from gridwms.store.database import Database
from gridwms.store.tables import compounds, edges, events, jobs, node_counts, node_lists

ROOT = Path(__file__).parents[3]
NODES = 2500
KILLED = """
import os, signal, sys
from pathlib import Path
from gridwms.flow.cancel import cancel
from gridwms.flow.compound import sweep
from gridwms.store import bulk, compounds, nodes
from tests.flow.compound.test_kill import NODES, opened
from tests.flow.compounds import compound, hand_in

def die(*_arguments, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_at(module, name, call):
    real, calls = getattr(module, name), [0]
    def wrapped(*arguments, **named):
        calls[0] += 1
        return die() if calls[0] == call else real(*arguments, **named)
    setattr(module, name, wrapped)

where = sys.argv[2]
with opened(Path(sys.argv[1])) as world:
    if where == "second list":
        dies_at(nodes, "add", 2)
    elif where == "edges":
        dies_at(nodes, "add_edges", 1)
    elif where == "counts":
        dies_at(compounds, "count", 1)
    key = hand_in(world, compound(world, NODES, [(n, n + 1) for n in range(NODES - 1)]))
    if where == "second sweep":
        dies_at(sweep, "do_step", 2)
        cancel(world, "ann", [key])
    die()
"""


@contextmanager
def opened(place: Path) -> Iterator[World]:
    database = Database.sqlite(place / "gridwms.sqlite")
    yield World(
        database=database,
        market=Market(()),
        sandbox=Area(place / "sandbox"),
        sites={},
        settings=FlowSettings(),
        capability=str,
    )
    database.close()


def killed(place: Path, where: str) -> None:
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(place), where],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("where", ["second list", "edges", "counts"])
def test_a_compound_is_there_whole_or_not_at_all(tmp_path: Path, where: str) -> None:
    killed(tmp_path, where)
    with opened(tmp_path) as world:
        for table in (compounds, edges, events, jobs, node_counts, node_lists):
            found = world.database.read(lambda c, table=table: c.scalar(select(func.count()).select_from(table)))
            assert found == 0, table.name


def test_what_was_accepted_is_there(tmp_path: Path) -> None:
    killed(tmp_path, "after the answer")
    with opened(tmp_path) as world:
        assert world.database.read(lambda c: c.scalar(select(func.count()).select_from(jobs))) == NODES


def test_a_cancel_goes_on(tmp_path: Path) -> None:
    killed(tmp_path, "second sweep")
    with opened(tmp_path) as world:
        while sweep(world):
            pass
        states = world.database.read(lambda c: set(c.scalars(select(jobs.c.state))))
        assert states == {"CANCELLED"}
        [state] = world.database.read(lambda c: list(c.scalars(select(compounds.c.state))))
        assert state == "CANCELLED"
