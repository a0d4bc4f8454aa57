"""The page on gLite's commands, typed as it stands there, against a real service over TLS with a proxy."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from gridwms.glite import python_session, session
from gridwms.glite.books import shared
from gridwms.glite.settings import load
from tests.docs.test_bookkeeping import ROOT, commands
from tests.end_to_end.certificates import ALICE, proxy_file, running
from tests.glite.conftest import OF_A_VO
from tests.never_lost.rounds import Runner

PAGE = "user/glite.md"
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
LONG = """Executable = "/bin/sh"; Arguments = "-c 'echo first; sleep 300'"; StdOutput = "out"; OutputSandbox = {"out"};
PerusalFileEnable = true; PerusalTimeInterval = 2;"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with running(tmp_path_factory.mktemp("glite")) as started:
        yield started


@dataclass(frozen=True)
class Shell:
    """A user of the VO testvo types commands; they run in this process."""

    place: Path
    environment: dict[str, str]

    def __call__(self, line: str, code: int = 0) -> str:
        name, *words = shlex.split(line)
        kept = words.pop() if ">" in words else ""
        module, _, _function = SCRIPTS[name].partition(":")
        command = import_module(module).COMMAND
        kinds = {session.Command: session.call, python_session.UiCommand: python_session.call}
        call = kinds.get(type(command), shared.call)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = call(command, [word for word in words if word != ">"])
        assert ended == code, (line, out.getvalue(), err.getvalue())
        if kept:
            (self.place / kept).write_text(out.getvalue())
        return out.getvalue() + (err.getvalue() if code else "")

    def until(self, line: str, words: str) -> str:
        """Type it until it says something like that."""
        end = time.monotonic() + 60
        while not re.search(words, said := self(line)):
            assert time.monotonic() < end, (line, said)
            time.sleep(0.1)
        return said

    def until_state(self, job: str, state: str) -> str:
        """Ask for the status of a job until it is that."""
        return self.until(f"glite-wms-job-status {job}", f"Current Status: +{state}")


@pytest.fixture
def shell(service: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    environment = {
        "HOME": str(tmp_path),
        "LOGNAME": "alice",
        "X509_USER_PROXY": str(proxy_file(tmp_path, OF_A_VO, ALICE)),
        "SSL_CERT_FILE": str(service.log.parent / "certificate.pem"),
        "GLITE_WMS_WMPROXY_ENDPOINT": service.url,
        "GLITE_WMS_QUERY_SERVER": service.url.removeprefix("https://"),
        "GLITE_WMS_QUERY_SERVER_OVERRIDE": "yes",
        "GLITE_WMS_LOG_DESTINATION": service.url.removeprefix("https://"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    made = Shell(tmp_path, environment)
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho hello $1\n")
    simple = (
        'Executable = "run.sh"; Arguments = "{}"; StdOutput = "out"; InputSandbox = "run.sh"; OutputSandbox = "out";'
    )
    (tmp_path / "job.jdl").write_text(simple.format("there"))
    (tmp_path / "long.jdl").write_text(LONG)
    (tmp_path / "jobs").mkdir()
    for name in ("one", "two"):
        (tmp_path / "jobs" / f"{name}.jdl").write_text(simple.format(name))
    return made


def test_the_page(shell: Shell) -> None:
    said: dict[str, str] = {}
    given: dict[str, str] = {}
    for line in commands(PAGE):
        variable = re.fullmatch(r"(\w+)=\$\((.*)\)", line)
        if "perusal --get" in line:
            shell.until(f"glite-wms-job-perusal --get -f out --dir try {given['id']}", "have been successfully stored")
        if "lb-load" in line:
            [first] = re.findall('EDG_JOBID="(.*)"', (shell.place / "registered").read_text())
            shell(f"glite-lb-job_log {first} > events")
        if "receive" in line:
            shell.until_state(given["held"], "Done")
        if "job-output" in line:
            shell.until_state(
                said["glite-wms-job-submit -d mine -o ids job.jdl"].split("is:\n\n")[1].split()[0], "Done"
            )
        for name, value in given.items():
            line = line.replace(f"${name}", value)
        said[line] = shell(variable[2] if variable else line)
        if variable:
            given[variable[1]] = said[line].strip()
    [collection] = [json.loads(text) for line, text in said.items() if "--collection" in line]
    assert set(collection["children"]) == {"one", "two"}
    nodes = shell.until_state(collection["parent"], "Done")
    assert "Node Name:          two" in nodes
    shell(f"glite-wms-job-output --dir nodes {collection['parent']}")
    unique = collection["parent"].rpartition("/")[2]
    assert (shell.place / "nodes" / f"alice_{unique}" / "two" / "out").read_text() == "hello two\n"
    submitted = next(text for line, text in said.items() if "-o ids" in line)
    id_of = submitted.split("is:\n\n")[1].split()[0]
    assert (shell.place / "results" / f"alice_{id_of.rpartition('/')[2]}" / "out").read_text() == "hello there\n"
    assert "Current Status:     Cleared" in shell(f"glite-wms-job-status {id_of}")
    [status] = [text for line, text in said.items() if "-status -v 2" in line]
    assert re.search("Current Status: +(Cancelled|Running)", status)
    assert any(path.read_text() == "first\n" for path in (shell.place / "pieces").rglob("out*"))
    started = shell.until_state(given["held"], "Done")
    assert "Current Status:     Done (Success)\n" in started
    assert "Status Reason:      Job terminated successfully\n" in started
    by_command = {line.split()[0]: text for line, text in said.items()}
    assert "state :  " in by_command["glite-lb-job_status"]
    assert 'DG.EVNT="RegJob"' in by_command["glite-lb-job_log"]
    assert "\tSubmitted\n" in by_command["glite-lb-state_history"]
    assert re.fullmatch(r"UI=000000:NS=0000000000:.*:APP=000001:LBS=000000\n", by_command["glite-lb-logevent"])
    assert f"{given['held']} .... " in by_command["glite-lb-user_jobs"]
    assert "\tentered Running\t" in by_command["glite-lb-statistics"]
    told = by_command["glite-lb-notify"].splitlines()
    assert {line.split("\t")[0] for line in told} == {given["held"]}
    assert told[-1].split("\t")[1:3] == ["Done", "/DC=org/O=Users/CN=Alice"]
    assert "quality=good" in shell(f"glite-lb-job_status {given['held']}")
    assert "/testvo/Role=production" in shell(f"glite-lb-job_status {given['held']}")
    registered = (shell.place / "registered").read_text()
    assert re.match(r"new jobid: https://lb\.example\.org:9000/[\w-]{22}\n\nEDG_JOBID=\"https://lb", registered)
    assert 'EDG_WL_SUB_JOBID[1]="https://lb.example.org:9000/' in registered
    assert by_command["glite-lb-load"] == "1 events loaded, 0 refused\n"
    assert "DG.EVNT=" in (shell.place / "everything").read_text()
    everything = json.loads(shell("glite-wms-job-status --all --json"))
    assert everything["result"] == "success"
    assert {id_of, given["id"], given["held"], *collection["children"].values()} <= set(everything)


def test_a_notification_tells_each_change_once_though_nobody_listened(shell: Shell) -> None:
    name = shell("glite-lb-notify new -O -c").split("ID: ")[1].strip()
    assert re.fullmatch(r"https://127\.0\.0\.1:\d+/NOTIF:[\w-]{22}", name)
    (shell.place / "true.jdl").write_text('Executable = "/bin/true";')
    job = shell("glite-wms-job-submit -a --nomsg true.jdl").strip()
    shell.until_state(job, "Done")
    lines = shell(f"glite-lb-notify receive -i 1 {name}").splitlines()
    assert lines[-1] == f"{job}\tDone\t/DC=org/O=Users/CN=Alice"
    assert shell(f"glite-lb-notify receive -i 1 {name}") == ""
    assert shell(f"glite-lb-notify refresh -t 60 {name}") == ""
    assert shell(f"glite-lb-notify change {name} {job}") == ""
    assert shell(f"glite-lb-notify drop {name}") == ""
    assert f"there is no notification {name} of yours here" in shell(f"glite-lb-notify receive {name}", 1)


def test_purging(shell: Shell) -> None:
    (shell.place / "true.jdl").write_text('Executable = "/bin/true";')
    jobs = [shell("glite-wms-job-submit -a --nomsg true.jdl").strip() for _ in range(2)]
    for job in jobs:
        shell.until_state(job, "Done")
    (shell.place / "list").write_text(f"{jobs[0]}\n")
    assert shell("glite-lb-purge -j list -l -i").endswith(f"{jobs[0]}\n")
    assert "state :  Purged" in shell(f"glite-lb-job_status {jobs[0]}")
    time.sleep(1)  # an age is a whole second at least
    dumped = shell("glite-lb-purge -e 1s --client-dump")
    assert f'DG.JOBID="{jobs[1]}"' in dumped
    assert "state :  Purged" in shell(f"glite-lb-job_status {jobs[1]}")


def test_a_token_alone_will_do(shell: Shell, service: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X509_USER_PROXY", str(shell.place / "nothing"))
    monkeypatch.setenv("BEARER_TOKEN_FILE", str(service.data / "token"))
    assert "COMPUTING ELEMENT IDs LIST" in shell("glite-wms-job-list-match -a job.jdl")
    job = shell("glite-wms-job-submit -a --nomsg job.jdl").strip()
    shell.until_state(job, "Done")
    shell(f"glite-wms-job-output --dir results {job}")
    [out] = (shell.place / "results").rglob("out")
    assert out.read_text() == "hello there\n"


def test_refusals_of_the_service_reach_the_user(shell: Shell) -> None:
    (shell.place / "wrong.jdl").write_text('Executable = "/bin/true"; Requirements = other.GlueCEUniqueID == "none";')
    found = shell("glite-wms-job-list-match -a wrong.jdl")
    assert "No Computing Element matching your job requirements has been found!" in found
    job = shell("glite-wms-job-submit -a --nomsg long.jdl").strip()
    told = shell(f"glite-wms-job-perusal --get -f out {job}", 1)
    assert "The Operation is not allowed: Perusal not enabled for this job" in told
    shell(f"glite-wms-job-cancel --noint {job}")
    shell.until_state(job, "Cancelled")
    assert "Error - Cancel not allowed\nCurrent Job Status is Cancelled" in shell(
        f"glite-wms-job-cancel --noint {job}", 1
    )


_PROGRAM = """
import contextlib, importlib, io, sys
for target in sys.argv[1:]:
    name, module, function = target.split(":")
    sys.argv = [name, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            getattr(importlib.import_module(module), function)()
        except SystemExit:
            pass
    assert f"Usage: {name} [options]" in out.getvalue() + err.getvalue(), name
    assert not {"httpx", "cryptography", "lxml", "pydantic", "typer"} & set(sys.modules), name
"""


def test_every_console_script_prints_its_usage_without_loading_what_is_slow() -> None:
    targets = [f"{name}:{target}" for name, target in SCRIPTS.items() if name.startswith(("glite-wms", "glite-lb"))]
    assert len(targets) == 21
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", _PROGRAM, *targets]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_the_configuration_of_the_page(tmp_path: Path) -> None:
    [text] = re.findall(r"^```\n(\[ WmsClient.*?)^```$", (ROOT / "docs" / PAGE).read_text(), re.DOTALL | re.MULTILINE)
    path = tmp_path / "glite_wmsui.conf"
    path.write_text(text)
    found = load("vo", str(path), {"HOME": "/home/a"})
    assert len(found.texts("WmProxyEndPoints")) == 2
    assert found.text("OutputStorage") == "/home/a/jobs"
    assert found.timeout("jobStart") == 60
    assert found.jdl is not None
    assert list(found.jdl) == ["RetryCount", "Requirements"]
