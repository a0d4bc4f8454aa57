"""Promise 1: what was accepted is never lost and never runs twice, whichever service is killed, and whenever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.never_lost.kinds import KINDS
from tests.never_lost.rounds import run
from tests.services import postgresql


@pytest.mark.timeout(300)
def test_nothing_is_lost_and_nothing_runs_twice(tmp_path: Path) -> None:
    findings = run(tmp_path, jobs=30, kills=3, seed=7)
    assert findings.wrong == []
    assert findings.jobs == 30


@pytest.mark.timeout(300)
def test_one_of_two_instances_is_killed(tmp_path: Path, postgresql_server: postgresql.Server) -> None:
    findings = run(tmp_path, jobs=24, kills=1, seed=3, server=postgresql_server)
    assert findings.wrong == []
    assert findings.jobs == 24


@pytest.mark.timeout(300)
def test_an_answer_before_the_commit_is_found(tmp_path: Path) -> None:
    """The proof of the proof: this service loses a job that it has accepted."""
    early = "tests.never_lost.answers_early"
    findings = run(tmp_path, jobs=8, kills=2, seed=1, kinds=KINDS[:1], program=[early])
    assert findings.lost
    assert findings.wrong == findings.lost


@pytest.mark.timeout(300)
def test_a_payload_that_runs_twice_is_found(tmp_path: Path) -> None:
    """The proof of the proof: this site runs everything twice, and its service lets it."""
    findings = run(tmp_path, jobs=6, kills=1, seed=1, kinds=KINDS[:1], program=["tests.never_lost.starts_twice"])
    assert findings.twice
    assert findings.wrong == findings.twice


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_token_stands_against_a_site_that_runs_everything_twice(tmp_path: Path) -> None:
    """The copy that comes first runs; where that is the one the site does not tell about, the attempt has failed."""
    program = ["tests.never_lost.starts_twice", "--with-token"]
    findings = run(tmp_path, jobs=6, kills=1, seed=1, kinds=KINDS[:1], program=program)
    assert (findings.twice, findings.lost, findings.differing) == ([], [], [])


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_two_hundred_kills(tmp_path: Path, postgresql_server: postgresql.Server) -> None:
    for number in range(20):
        place = tmp_path / str(number)
        place.mkdir()
        server = postgresql_server if number % 4 == 3 else None
        findings = run(place, jobs=30, kills=10, seed=100 + number, server=server)
        assert findings.wrong == [], f"round {number}"
        assert findings.jobs == 30
