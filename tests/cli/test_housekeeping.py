"""`gridwms quota` and `gridwms purge --older`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, command
from tests.client.running import ROOT, Running, running
from tests.client.test_synchronous import ECHO

QUOTAS = "[quotas]\nmax_bytes = 40\nmax_waiting_jobs = 5\n"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("strict"), QUOTAS) as made:
        yield made


@pytest.fixture
def gridwms(strict: Running, tmp_path: Path) -> Command:
    return command(strict, tmp_path)


def test_a_quota_is_seen_warned_of_and_kept_after_a_restart(gridwms: Command, strict: Running, tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n:" + " " * 20 + "\n")
    (tmp_path / "a.jdl").write_text('Executable = "run.sh"; InputSandbox = {"run.sh"};')
    first = gridwms("submit", "--wait", "a.jdl")
    assert first.code == 0, first.err
    assert re.search(r"sandboxes +32 bytes +40 bytes +80%", gridwms("quota").out)
    second = gridwms("submit", "--json", "-", input=ECHO)
    assert second.json["jobs"][0]["problems"][0]["code"] == "quota"
    third = gridwms("submit", "a.jdl")
    assert third.code == 7
    assert "too much for your quota: your sandboxes have" in third.err
    waiting = 'Executable = "/bin/true"; Requirements = false;'
    (tmp_path / "w.jdl").write_text(waiting)
    many = gridwms("submit", *["w.jdl"] * 6)
    assert (many.code, "6 jobs more would be too many" in many.err) == (7, True)
    before = gridwms("quota", "--json").json["quotas"]
    strict.stop()
    strict.start()
    assert gridwms("quota", "--json").json["quotas"] == before
    documented = set(re.findall(r"[`\"](\w+)[`\"]", (ROOT / "docs/user/json.md").read_text()))
    assert not set(before[0]) - documented


def test_purging_by_age(gridwms: Command) -> None:
    gridwms("purge", "--older", "0s")
    job = gridwms("submit", "--wait", "--json", "-", input=ECHO).json["jobs"][0]
    assert job["job"]["kept_until"] > job["job"]["state_since"]
    assert "kept until" in gridwms("status", job["id"]).out
    assert gridwms("purge", "--older", "1h").err == "0 purged\n"
    dry = gridwms("purge", "--older", "0s", "--state", "DONE", "--dry-run")
    assert (job["id"] in dry.out, dry.err) == (True, "1 would be purged\n")
    purged = gridwms("purge", "--older", "0s", "--json").json
    assert [one["id"] for one in purged["purged"]] == [job["id"]]
    assert gridwms("status", "--json", job["id"]).json["jobs"][0]["job"]["state"] == "PURGED"
    for wrong in (["--older", "soon"], ["--dry-run"], ["--older", "1h", job["id"]]):
        assert gridwms("purge", *wrong).code == 2
