from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gridwms.cli.exit_codes import Exit, together
from gridwms.security.token import user_token
from tests.cli.conftest import Command
from tests.client.running import ROOT, Running, environment

KEY = "0" * 22


def test_nothing_runs_there(tmp_path: Path, gridwms: Command) -> None:
    done = gridwms("status", GRIDWMS_DATA=str(tmp_path))
    assert (done.code, done.out) == (6, "")
    assert "gridwms serve" in done.err
    (tmp_path / "service.json").write_text('{"url": "http://127.0.0.1:1"}')
    (tmp_path / "token").write_text("x")
    done = gridwms("status", KEY, GRIDWMS_DATA=str(tmp_path))
    assert done.code == 6
    assert "does not answer" in done.err
    assert "Traceback" not in done.err


def test_unknown_and_foreign_jobs(gridwms: Command, service: Running) -> None:
    assert gridwms("status", KEY).code == 4
    assert gridwms("why", KEY, "nonsense").code == 1
    assert gridwms("cancel", KEY).code == 4
    foreign = gridwms("status", f"https://elsewhere.example/jobs/{KEY}")
    assert foreign.code == 5
    assert "another service" in foreign.err
    told = gridwms("status", "--json", KEY)
    assert told.code == 4
    assert told.json["jobs"][0]["error"]["code"] == "unknown_job"
    assert told.err.startswith("error: ")


def test_another_users_job(gridwms: Command, service: Running, tmp_path: Path) -> None:
    (tmp_path / "x.jdl").write_text('Executable = "/bin/true";')
    job = gridwms("submit", "x.jdl").out.strip()
    user_token(service.data, "bob")
    service.stop()
    service.start()
    bob = {"GRIDWMS_TOKEN_FILE": str(service.data / "users" / "bob"), "GRIDWMS_SERVICE": service.address.url}
    assert gridwms("status", **bob).code == 0
    for verb in ("status", "why", "log", "output", "cancel", "purge"):
        done = gridwms(verb, job, **bob)
        assert done.code == 5, (verb, done)
        assert "bob may not" in done.err
    assert gridwms("wait", job).code == 0


def test_wrong_token(gridwms: Command, service: Running, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("gridwms-wrong")
    token = {"GRIDWMS_TOKEN_FILE": str(tmp_path / "token"), "GRIDWMS_SERVICE": service.address.url}
    done = gridwms("status", **token)
    assert done.code == 5
    assert "does not know this token" in done.err
    assert "gridwms-wrong" not in done.err


@pytest.mark.parametrize(
    "arguments",
    [["wait"], ["status", "--nonsense"], ["nonsense"], ["submit"], ["wait", "-i", "no-such-file"], ["why", "-"]],
)
def test_usage(gridwms: Command, arguments: list[str]) -> None:
    done = gridwms(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err


def test_a_reader_that_goes_away_is_no_error(service: Running) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gridwms", "status", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(service.data),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) in (0, 1)


def test_codes_of_several() -> None:
    assert together([]) is Exit.OK
    assert together([Exit.OK, Exit.NOT_FOUND]) is Exit.NOT_FOUND
    assert together([Exit.NOT_FOUND, Exit.REFUSED]) is Exit.FAILED


def test_all_exit_codes_are_in_the_manual() -> None:
    manual = (ROOT / "docs/user/exit-codes.md").read_text()
    for code in Exit:
        assert f"| {int(code)} |" in manual, code


def test_help_is_quick_and_names_every_command(gridwms: Command) -> None:
    shown = gridwms("--help")
    assert shown.code == 0
    verbs = ["submit", "check", "match", "status", "why", "wait", "log", "peek", "output", "cancel", "purge", "serve"]
    assert all(verb in shown.out for verb in verbs)
    for verb in verbs:
        told = gridwms(verb, "--help")
        assert told.code == 0
        assert verb == "serve" or "--json" in told.out
    took = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "gridwms", "--help"], capture_output=True, env=os.environ, check=False)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.7, f"{min(took):.2f} s"  # 0.15 s when nothing else runs


def test_a_second_service_on_the_same_data_is_refused(gridwms: Command, service: Running) -> None:
    done = gridwms("serve", "--data", service.data, "--port", "0")
    assert done.code == 1
    assert "Another gridwms service uses the data directory" in done.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_no_service_beyond_this_machine_without_tls(gridwms: Command, tmp_path: Path, host: str) -> None:
    done = gridwms("serve", "--data", tmp_path / "data", "--port", "0", "--host", host)
    assert done.code == 1
    assert "without TLS" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "data" / "service.json").exists()


def test_a_token_that_others_can_read_is_refused(gridwms: Command, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "token").write_text("gridwms-x")
    (data / "token").chmod(0o644)
    done = gridwms("serve", "--data", data, "--port", "0")
    assert done.code == 1
    assert "can be read by others" in done.err
    assert "chmod 600" in done.err
