from __future__ import annotations

import re
from pathlib import Path

from tests.cli.conftest import Command
from tests.client.running import Running
from tests.client.test_synchronous import ECHO, SLEEP, script


def test_submit_wait_output_purge(gridwms: Command, service: Running, tmp_path: Path) -> None:
    script(tmp_path)
    submitted = gridwms("submit", "job.jdl")
    assert (submitted.code, submitted.err) == (0, "")
    job = submitted.out.strip()
    assert re.fullmatch(re.escape(service.address.url) + r"/jobs/[0-9A-Za-z]{22}", job)

    waited = gridwms("wait", job)
    assert waited.code == 0
    assert "DONE (OK)" in waited.out.splitlines()[-1]

    shown = gridwms("status", job)
    assert shown.out.splitlines()[0] == job
    assert "DONE (OK)" in shown.out
    assert re.search(r"since +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", shown.out)

    listed = gridwms("output", "--list", job)
    assert "20 bytes" in listed.out
    fetched = gridwms("output", job)
    key = job[-22:]
    assert fetched.out == f"gridwms-{key}/out\n"
    assert (tmp_path / f"gridwms-{key}" / "out").read_text() == "content of the file\n"
    assert gridwms("status", "--json", key).json["jobs"][0]["job"]["state"] == "CLEARED"

    log = gridwms("log", job)
    assert log.code == 0
    assert all(word in log.out for word in ("Registered", "Matched", "PayloadStarted", "Cleared"))

    purged = gridwms("purge", job)
    assert (purged.code, purged.out.split()) == (0, ["WHAT", "JOB", "purged", job])
    record = gridwms("status", job)
    assert record.code == 0
    assert "PURGED" in record.out
    assert "this record remains" in record.out
    gone = gridwms("output", job)
    assert gone.code == 8
    assert "was purged" in gone.err


def test_submit_and_wait_in_one(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "fails.jdl").write_text('Executable = "/bin/sh"; Arguments = "-c \'exit 3\'";')
    done = gridwms("submit", "--wait", "-o", "ids", "fails.jdl")
    assert done.code == 10
    assert "exit code 3" in done.out
    assert (tmp_path / "ids").read_text() == done.out.splitlines()[0] + "\n"
    assert gridwms("wait", "-i", "ids", "-q").code == 10


def test_an_aborted_job_says_why(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "missing.jdl").write_text('Executable = "/no/such/program";')
    done = gridwms("submit", "--wait", "missing.jdl")
    assert done.code == 11
    assert "/no/such/program not found" in done.out
    why = gridwms("why", done.out.splitlines()[0])
    assert why.code == 0
    assert "/no/such/program not found" in why.out
    assert "what to do:" in why.out


def test_cancelling(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "sleep.jdl").write_text(SLEEP)
    job = gridwms("submit", "sleep.jdl").out.strip()
    assert gridwms("wait", "--timeout", "0.2", job).code == 13
    assert gridwms("cancel", job).code == 0
    waited = gridwms("wait", job)
    assert waited.code == 12
    assert "CANCELLED" in waited.out
    again = gridwms("cancel", job)
    assert again.code == 8
    assert "nothing to cancel" in again.out


def test_many_at_once_through_pipes(gridwms: Command, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.jdl").write_text(ECHO)
    done = gridwms("submit", *(f"{number}.jdl" for number in range(5)), "-")
    assert done.code == 3  # standard input was empty: that one is refused, the others are not
    ids = done.out.split()
    assert len(ids) == 5
    assert "standard input" in done.err
    waited = gridwms("wait", "-", input=f"# a comment\n// another\n\n{done.out}")
    assert waited.code == 0
    table = gridwms("status", *ids).out.splitlines()
    assert len(table) == 6
    assert len({line.index("http") for line in table[1:]}) == 1
    fetched = gridwms("output", "--dir", "all", "--keep", *ids)
    assert sorted(fetched.out.split()) == sorted(f"all/{job[-22:]}/out" for job in ids)
    mine = gridwms("status", "--limit", "3")
    assert len(mine.out.splitlines()) == 4
    assert "--limit 0" in mine.err


def test_peeking(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "log.jdl").write_text(
        'Executable = "/bin/sh"; Arguments = "-c \'echo one; sleep 2; echo two\'"; StdOutput = "log"; '
        'OutputSandbox = {"log"}; PerusalFileEnable = true; PerusalTimeInterval = 1;'
    )
    job = gridwms("submit", "log.jdl").out.strip()
    assert gridwms("peek", "--follow", job, "log").out == "one\ntwo\n"
    assert gridwms("peek", "--json", job, "log").json["text"] == "one\ntwo\n"
    assert gridwms("peek", job, "../log").code == 3
