"""Users with certificates and proxies, over a real TLS connection to a real service."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.certificates import AGES, ALICE, CA, NOW, SERVER, proxy_file, running
from tests.never_lost.rounds import Runner
from tests.services.certificates import certificate
from tests.x509 import making
from tests.x509.making import Made
from tests.x509.voms.making import attributes, proxy_with


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with running(tmp_path_factory.mktemp("certificates")) as started:
        yield started


def ask(service: Runner, tmp_path: Path, *shown: Made, bearer: str = "", **headers: str) -> httpx.Response:
    """`GET /api/v1/me` by somebody who shows these certificates."""
    context = ssl.create_default_context(cafile=str(service.log.parent / "certificate.pem"))
    if shown:
        context.load_cert_chain(str(proxy_file(tmp_path, *shown)))
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    with httpx.Client(verify=context) as client:
        return client.get(f"{service.url}/api/v1/me", headers=headers)


def test_a_proxy_with_voms_attributes(service: Runner, tmp_path: Path) -> None:
    issued = attributes(ALICE.certificate, SERVER, begins=NOW, ends=NOW + timedelta(hours=1))
    one = proxy_with(ALICE, issued, **AGES)
    two = making.proxy(one, **AGES)
    answer = ask(service, tmp_path, two, one, ALICE)
    assert answer.status_code == 200
    told = answer.json()
    assert told["subject"] == "/DC=org/O=Users/CN=Alice"
    assert told["vo"] == "testvo"
    assert told["groups"] == ["/testvo/Role=production", "/testvo"]


def test_a_certificate_alone(service: Runner, tmp_path: Path) -> None:
    assert ask(service, tmp_path, ALICE).json()["subject"] == "/DC=org/O=Users/CN=Alice"


@pytest.mark.parametrize("case", ["expired", "unknown authority", "legacy", "forged attributes"])
def test_what_is_wrong_is_said_in_words(service: Runner, tmp_path: Path, case: str) -> None:
    late = {"begins": AGES["begins"], "ends": AGES["begins"] + timedelta(seconds=1)}
    shown, words = {
        "expired": ([making.proxy(ALICE, **late), ALICE], "expired"),
        "unknown authority": ([making.user(making.authority("/CN=Other", **AGES), **AGES)], "does not know"),
        "legacy": ([making.legacy_proxy(ALICE, **AGES), ALICE], "old kind"),
        "forged attributes": (
            [proxy_with(ALICE, attributes(ALICE.certificate, ALICE, begins=NOW), **AGES), ALICE],
            "not believed",
        ),
    }[case]
    answer = ask(service, tmp_path, *shown)
    assert answer.status_code == 401
    assert words in answer.text


def test_nothing_shown(service: Runner, tmp_path: Path) -> None:
    answer = ask(service, tmp_path)
    assert answer.status_code == 401
    assert "no certificate" in answer.text


def test_a_token_decides_beside_a_certificate(service: Runner, tmp_path: Path) -> None:
    token = (service.data / "token").read_text().strip()
    assert ask(service, tmp_path, ALICE, bearer=token).json()["subject"] != "/DC=org/O=Users/CN=Alice"
    assert ask(service, tmp_path, ALICE, bearer="wrong").status_code == 401


def test_a_client_that_lies_about_its_key_gets_no_connection(service: Runner, tmp_path: Path) -> None:
    stolen = Made(ALICE.certificate, making.user(CA, **AGES).key)
    with pytest.raises((ssl.SSLError, httpx.HTTPError)):
        ask(service, tmp_path, stolen)


def test_a_client_of_the_old_openssl_kind(service: Runner, tmp_path: Path) -> None:
    """openssl s_client with TLS 1.2, as programs of Globus speak; 1.1 finds no one here."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    proxy = making.proxy(ALICE, **AGES)
    key.write_bytes(proxy.key_pem)
    chain.write_bytes(proxy.pem + ALICE.pem)
    host = service.url.removeprefix("https://")
    request = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    command = ["openssl", "s_client", "-quiet", "-connect", host, "-cert", str(chain), "-key", str(key)]
    command += ["-cert_chain", str(chain), "-CAfile", str(service.log.parent / "certificate.pem"), "-ign_eof"]
    good = subprocess.run([*command, "-tls1_2"], input=request, capture_output=True, timeout=30, check=False)
    assert b"CN=Alice" in good.stdout
    bad = subprocess.run([*command, "-tls1_1"], input=request, capture_output=True, timeout=30, check=False)
    assert b"CN=Alice" not in bad.stdout


def test_commands_with_a_proxy(service: Runner, tmp_path: Path) -> None:
    file = proxy_file(tmp_path, making.proxy(ALICE, **AGES), ALICE)
    environment = {
        **os.environ,
        "X509_USER_PROXY": str(file),
        "GRIDWMS_DATA": str(tmp_path),
        "GRIDWMS_SERVICE": service.url,
    }

    def gridwms(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gridwms", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    told = gridwms("whoami")
    assert "/DC=org/O=Users/CN=Alice" in told.stdout, told.stderr
    assert "(in 11 h" in told.stdout
    (tmp_path / "a.jdl").write_text('Executable = "/bin/true";')
    submitted = gridwms("submit", "--wait", "--json", str(tmp_path / "a.jdl"))
    assert '"DONE"' in submitted.stdout, submitted.stderr
    delegated = gridwms("delegation", "create", "mine")
    assert delegated.stdout == "mine\n", delegated.stderr
    assert "It lasts 11 h" in delegated.stderr
    assert "mine" in gridwms("delegation", "list").stdout
    assert gridwms("delegation", "remove", "mine").returncode == 0
    again = gridwms("delegation", "remove", "mine")
    assert "There is no delegation 'mine'" in again.stderr
    file.chmod(0o644)
    assert "can be read by others" in gridwms("whoami").stderr


def test_a_new_certificate_of_the_service_needs_no_restart(service: Runner, tmp_path: Path) -> None:
    """The last of this module: clients trust the new one from then on."""
    held = service.log.parent / "certificate.pem"
    made = certificate(tmp_path)
    before = ssl.create_default_context(cafile=str(held))
    with httpx.Client(verify=before) as client:
        assert client.get(f"{service.url}/?version").status_code == 200
        (service.log.parent / "key.pem").write_bytes(made.key.read_bytes())
        held.write_bytes(made.certificate.read_bytes())
        end = time.monotonic() + 20
        while True:
            try:
                answer = ask(service, tmp_path, ALICE)
                break
            except httpx.ConnectError:
                assert time.monotonic() < end, "the new certificate is not shown"
        assert answer.json()["subject"] == "/DC=org/O=Users/CN=Alice"
        assert client.get(f"{service.url}/?version").status_code == 200, "connections that are there go on"


def test_an_lb_client_with_a_proxy(service: Runner, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=str(service.log.parent / "certificate.pem"))
    context.load_cert_chain(str(proxy_file(tmp_path, making.proxy(ALICE, **AGES), ALICE)))
    with httpx.Client(verify=context) as client:
        page = client.get(f"{service.url}/?text").text
        assert "User_subject=/DC=org/O=Users/CN=Alice\n" in page
        job = page.partition("\n")[0].removeprefix("User_jobs=").split(",")[0]
        if job:
            assert client.get(f"{service.url}/{job.rpartition('/')[2]}?text").text.startswith(f"Job={job}\n")
