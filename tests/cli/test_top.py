"""`gridwms top`, `gridwms priority`, `gridwms submit --priority`, and `gridwms why` beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, command
from tests.client.running import ROOT, Running, running

LIMITS = "[share.each_user]\nmax_running = 0\n[share.vos.local]\nsites = { local = { max_queued = 9 } }\n"
WAITING = 'Executable = "/bin/true";'


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("limited"), LIMITS) as made:
        yield made


@pytest.fixture
def gridwms(limited: Running, tmp_path: Path) -> Command:
    return command(limited, tmp_path)


def test_top_shows_all_levels_with_limits(gridwms: Command) -> None:
    gridwms("submit", "-", input=WAITING)
    shown = gridwms("top", "--once")
    assert shown.code == 0, shown.err
    head, *lines = shown.out.splitlines()
    assert " ".join(head.split()).startswith("VO / GROUP / USER SHARE HAD PRIORITY SLOTS")
    assert re.match(r"local +100\.0% +0\.0% +first +0\.0 +0\.0 +0 +0 +\d+ +local: 0 of 9 queued", lines[0])
    assert len(lines) == 2 and lines[1].endswith("0 of 0 at once"), "a VO without groups has its users below it"
    told = gridwms("top", "--json").json
    assert [one["level"] for one in told["shares"]] == ["vo", "group", "user"]
    documented = set(re.findall(r"[`\"](\w+)[`\"]", (ROOT / "docs/user/json.md").read_text()))
    assert not set(told["shares"][0]) - documented


def test_priorities_are_changed_up_and_down(gridwms: Command) -> None:
    one = gridwms("submit", "--priority", "4", "-", input=WAITING).out.strip()
    two = gridwms("submit", "-", input=WAITING).out.strip()
    higher = gridwms("priority", one, two, "7")
    assert higher.code == 0, higher.err
    assert "priority 7 (was 4)" in higher.out and "priority 7 (was 0)" in higher.out
    lower = gridwms("priority", "--json", one, "--", "-5").json["jobs"]
    assert lower[0]["answer"]["sentence"] == "priority -5 (was 7)"
    assert gridwms("priority", one, "-6").out.startswith("WHAT"), "also without the two dashes"
    assert gridwms("priority", one, "101").code == 2
    assert gridwms("priority", "7").code == 2, "of no job"
    assert "to -6 by" in gridwms("log", one).out


def test_why_names_the_limit(gridwms: Command) -> None:
    job = gridwms("submit", "-", input=WAITING).out.strip()
    for _ in range(100):
        told = gridwms("why", job)
        if "as it may have" in told.out:
            break
    assert "0 at once" in told.out and "[share]" in told.out
