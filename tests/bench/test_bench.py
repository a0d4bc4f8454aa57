"""The page of figures is what the kept results make of it; the scripts behind it run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import _all
from bench._plan import BUDGETS, RUNS

ROOT = Path(__file__).parents[2]

SMALL = {
    "classad/columns": "100",
    "match/matching": "100",
    "submission": "10",
    "waiting": "100",
    "simulated": "100",
    "local": "20",
    "ingest": "100",
    "bookkeeping/ingest": "20",
    "bookkeeping/parents": "100",
    "queries": "8000",
    "stream": "2 50",
    "never_lost": "1 4 1",
    "peers": "20 none",
}


def test_the_page_is_made_from_the_results() -> None:
    assert _all.REPORT.read_text(encoding="utf-8") == _all.report(), "run tools/bench --report"


def test_every_promise_names_a_figure_that_is_measured() -> None:
    kept = {run.name: _all._kept(run)[1] for run in RUNS}
    for budget in BUDGETS:
        names = {one["name"] for one in kept[budget.run]}
        assert budget.figure in names or not names, budget


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [run.name for run in RUNS])
def test_every_script_runs(name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / f"{name}.py"), *SMALL.get(name, "").split()],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for line in filter(lambda one: one.startswith('{"name"'), done.stdout.splitlines()):
        assert json.loads(line).keys() == {"name", "value", "unit", "n"}
    assert '{"name"' in done.stdout
