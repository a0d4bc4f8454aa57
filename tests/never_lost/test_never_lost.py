"""Promise 1: what was accepted is never lost and never runs twice, whenever the service is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.never_lost.rounds import run


@pytest.mark.timeout(300)
def test_nothing_is_lost_and_nothing_runs_twice(tmp_path: Path) -> None:
    findings = run(tmp_path, jobs=60, kills=4, seed=7)
    assert findings.wrong == []
    assert findings.jobs == 60


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_same_with_more_kills(tmp_path: Path) -> None:
    findings = run(tmp_path, jobs=200, kills=20, seed=11)
    assert findings.wrong == []
    assert findings.jobs == 200
