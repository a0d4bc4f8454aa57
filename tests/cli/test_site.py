"""`gridwms site`: list, show, drain, resume, test."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from gridwms.cli import canary
from gridwms.client.answers.reasons import Reason
from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def open_again(gridwms: Command) -> Iterator[None]:
    yield
    assert gridwms("site", "resume", "local").code == 0


def test_drained_shown_and_resumed(gridwms: Command) -> None:
    assert gridwms("site", "list").out.splitlines()[1].split()[:2] == ["local", "open"]
    told = gridwms("site", "drain", "local", "-m", "new disks")
    assert told.code == 0, told.err
    assert "local  drained" in told.out
    assert "new disks" in gridwms("site", "show", "local").out
    assert gridwms("site", "list", "--json").json["sites"][0]["accepts"] is False
    assert "local  open" in gridwms("site", "resume", "local").out


def test_a_downtime(gridwms: Command) -> None:
    told = gridwms("site", "drain", "local", "--from", "2090-01-31T12:00", "--until", "2090-02-01", "--json")
    site = told.json["site"]
    assert site["accepts"] is True
    assert site["closures"][0]["ends"] - site["closures"][0]["begins"] == 43200
    assert gridwms("site", "drain", "local", "--until", "soon").code == 2
    assert gridwms("site", "drain", "local", "--until", "-5").code == 8


def test_a_canary_comes_home(gridwms: Command) -> None:
    told = gridwms("site", "test", "local")
    assert told.code == 0, told.out + told.err
    assert told.out.startswith("well  ")
    assert "payload, finished" in told.out


def test_a_canary_tells_what_the_last_attempt_failed_of() -> None:
    """And not that there are no more attempts."""
    failed = {"code": "work_dir", "sentence": "There is no room.", "advice": "Make some."}
    ended = {"code": "hit_shallow_limit", "sentence": "hit job shallow retry count (0)", "advice": ""}
    job = SimpleNamespace(
        state="ABORTED",
        done_code=None,
        reason=Reason.read(ended),
        attempts=[SimpleNamespace(reason=None), SimpleNamespace(reason=Reason.read(failed))],
    )
    client = SimpleNamespace(wait=lambda *_, **__: [job], job=lambda _: job)
    assert canary._follow(client, "x", 1) == "There is no room. Make some."  # type: ignore[arg-type]


def test_a_canary_that_cannot_leave(gridwms: Command) -> None:
    gridwms("site", "drain", "local", "-m", "new disks")
    told = gridwms("site", "test", "local", "--timeout", "1", "--json")
    assert told.code == 1
    assert "new disks" in told.json["tests"][0]["wrong"]


def test_no_such_site(gridwms: Command) -> None:
    told = gridwms("site", "show", "elsewhere")
    assert told.code == 4
    assert "The sites are: local." in told.err
