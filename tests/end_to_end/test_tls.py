"""A service with a certificate of its own authority: commands and wrappers trust that one, and nothing less."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import User
from tests.never_lost.rounds import Runner
from tests.services.certificates import certificate

JDL = """[
  Executable = "run.sh"; InputSandbox = {"run.sh"}; StdOutput = "out"; OutputSandbox = {"out"};
  PerusalFileEnable = true;
]"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    directory = tmp_path_factory.mktemp("tls")
    made, key = certificate(directory)
    config = directory / "gridwms.toml"
    config.write_text(f'[service]\ntls_certificate = "{made}"\ntls_key = "{key}"\ntls_authority = "{made}"\n')
    os.environ["SSL_CERT_FILE"] = str(made)
    started = Runner(directory, "--config", str(config))
    started.url = started.url.replace("http:", "https:")
    started.start()
    yield started
    started.stop()
    del os.environ["SSL_CERT_FILE"]


def test_a_job_over_tls(user: User) -> None:
    user.write("run.sh", "#!/bin/sh\necho over tls\n", 0o755)
    user.write("a.jdl", JDL)
    said = user("submit", "--wait", "a.jdl", timeout=120)
    assert said.status == 0, said.err
    job = said.lines[0].split()[0]
    assert job.startswith("https://127.0.0.1:")
    fetched = user("output", "--dir", "fetched", job)
    assert (user.directory / "fetched" / "out").read_text() == "over tls\n", fetched


def test_a_client_that_does_not_know_the_authority_says_so(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    said = user("status")
    assert said.status == 5
    assert "certificate" in said.err
