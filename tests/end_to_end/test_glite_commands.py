"""gLite's commands as they are installed, against a real service, with a VOMS proxy and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from tests.end_to_end.certificates import AGES, ALICE, NOW, PORT, SERVER, proxy_file
from tests.never_lost.rounds import Runner
from tests.x509.voms.making import attributes, proxy_with

ROOT = Path(__file__).parents[2]


def glite(directory: Path, trusted: Path, name: str, *words: str) -> str:
    """What a command printed; it must succeed."""
    [entry] = re.findall(rf'^glite-wms-job-{name} = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    module, _, function = entry.partition(":")
    start = f"import sys; from {module} import {function} as command; sys.exit(command())"
    given = {"X509_USER_PROXY": str(directory / "proxy.pem"), "HOME": str(directory), "PYTHONPATH": str(ROOT / "src")}
    given |= {"X509_CERT_DIR": str(trusted.parent / "authorities"), "SSL_CERT_FILE": str(trusted)}
    done = subprocess.run(
        [sys.executable, "-c", start, *words],
        cwd=directory,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_collection_there_and_back(certified: Runner, tmp_path: Path) -> None:
    trusted = certified.log.parent / "certificate.pem"
    (trusted.parent / "authorities" / "service.pem").write_bytes(trusted.read_bytes())
    issued = attributes(ALICE.certificate, SERVER, begins=NOW, ends=NOW + timedelta(hours=1))
    proxy_file(tmp_path, proxy_with(ALICE, issued, **AGES), ALICE)
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho hello $1\n")
    (tmp_path / "c.jdl").write_text(
        '[ Type = "collection"; Nodes = {'
        '[Executable = "run.sh"; Arguments = "you"; InputSandbox = {"run.sh"}; StdOutput = "o"; OutputSandbox = {"o"}],'
        '[NodeName = "n2"; Executable = "/bin/echo"; Arguments = "me"; StdOutput = "o"; OutputSandbox = {"o"}]} ]'
    )

    def run(name: str, *words: str) -> str:
        return glite(tmp_path, trusted, name, *words)

    said = run("submit", "-a", "-e", f"{certified.url}/glite_wms_wmproxy_server", "-o", "ids", "c.jdl")
    [job] = re.findall(rf"^https://127.0.0.1:{PORT}/\w+$", said, re.MULTILINE)
    end = time.monotonic() + 60
    while "Current Status:     Done (Success)" not in run("status", job).partition("Nodes information")[0]:
        assert time.monotonic() < end
    run("output", "--noint", "--dir", str(tmp_path / "out"), job)
    assert sorted(file.read_text() for file in (tmp_path / "out").rglob("o")) == ["hello you\n", "me\n"]
    assert run("status", job).count("Current Status:     Cleared") == 3
