"""Who is asked, and as whom: configuration files, services in turn, proxies and tokens."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gridwms.glite.failure import Failure
from gridwms.glite.servers import Servers, with_path
from gridwms.glite.settings import Settings, load
from gridwms.glite.talk import Talk
from gridwms.glite.user import User, find_token
from tests.end_to_end.certificates import AGES, ALICE, proxy_file
from tests.glite.conftest import Command
from tests.glite.fake import Fake, fault
from tests.glite.test_submit import ID, struct
from tests.x509 import making

NOBODY = "https://127.0.0.1:1/glite_wms_wmproxy_server"
Configured = Callable[..., Path]


@pytest.fixture
def jdl(user: Path) -> Path:
    path = user / "a.jdl"
    path.write_text('Executable = "/bin/hostname";')
    return path


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch, user: Path) -> None:
    monkeypatch.setenv("GRIDWMS_SERVICE_ORDER", "given")


@pytest.mark.parametrize("kind", ["silent", "overloaded", "drained"])
def test_the_next_service_is_asked(
    fakes: Callable[[], Fake], run: Command, jdl: Path, configured: Configured, kind: str
) -> None:
    first, second = fakes(), fakes()
    second.answers["jobSubmit"] = struct(ID)
    sentence = "System load is too high:" if kind == "overloaded" else "Unavailable service"
    which = "ServerOverloadedFault" if kind == "overloaded" else "AuthorizationFault"
    first.answers["jobSubmit"] = fault(which, sentence, "Threshold for Load Average(1 min): 10")
    url = NOBODY if kind == "silent" else first.url
    configured(f'WmProxyEndPoints = {{"{url}", "{second.url}"}}')
    said = run("submit", "-d", "x", jdl)
    assert said.code == 0
    assert said.out.index(f"Connecting to the service {url}") < said.out.index("Switching to next WMProxy Server...")
    assert f"Connecting to the service {second.url}" in said.out
    assert ("Warning - Connection failed: " if kind == "silent" else sentence) in said.err


def test_nobody_can_do_it(fake: Fake, run: Command, jdl: Path, configured: Configured) -> None:
    fake.answers["jobSubmit"] = fault("AuthorizationFault", "Unavailable service (the server is temporarily drained)")
    configured(f'WmProxyEndPoints = {{"{NOBODY}", "{fake.url}"}}')
    said = run("submit", "-d", "x", jdl)
    assert said.code == 1
    assert said.err.endswith(
        "\nError - Operation failed\nUnable to find any endpoint where to perform service request\n\n"
    )
    assert "Unavailable service (the server is temporarily drained)" in said.err
    assert "Unable to find any endpoint where to connect" in run("submit", "-d", "x", "-c", configured(""), jdl).err
    said = run("submit", "-d", "x", "-e", NOBODY, jdl)
    assert "\nError - Operation failed\nConnection failed: " in said.err


def test_what_is_wrong_everywhere_is_not_tried_elsewhere(
    fakes: Callable[[], Fake], run: Command, jdl: Path, configured: Configured
) -> None:
    first, second = fakes(), fakes()
    first.answers["jobSubmit"] = fault("InvalidArgumentFault", "Executable: is wrong")
    configured(f'WmProxyEndPoints = {{"{first.url}", "{second.url}"}}')
    assert "Executable: is wrong" in run("submit", "-d", "x", jdl).err
    assert second.calls == []


def test_a_lost_answer_makes_no_second_job(
    fakes: Callable[[], Fake], run: Command, jdl: Path, configured: Configured
) -> None:
    first, second = fakes(), fakes()
    first.answers["jobSubmit"] = "<this is no answer"
    second.answers["jobSubmit"] = struct(ID)
    configured(f'WmProxyEndPoints = {{"{first.url}", "{second.url}"}}')
    assert run("submit", "-d", "x", jdl).code == 1
    assert second.calls == []


def test_the_order_is_random_unless_it_is_given() -> None:
    settings = Settings(values={"wmproxyendpoints": ("https://a", "https://b", "https://c")})
    orders = {tuple(Servers.of("", User(), settings, Talk("x"), {}, random.Random(seed)).urls) for seed in range(30)}
    assert len(orders) == 6
    given = {"GRIDWMS_SERVICE_ORDER": "given"}
    assert Servers.of("", User(), settings, Talk("x"), given).urls == ["https://a", "https://b", "https://c"]
    assert Servers.of("https://x", User(), settings, Talk("x"), {}).urls == ["https://x"]
    assert Servers.of("", User(), settings, Talk("x"), {"GLITE_WMS_WMPROXY_ENDPOINT": "y"}).urls == ["y"]
    assert with_path("wms.example.org:7443") == "https://wms.example.org:7443/glite_wms_wmproxy_server"


def test_delegating_to_all(fakes: Callable[[], Fake], run: Command, configured: Configured) -> None:
    from tests.glite.test_submit import REQUEST

    services = [fakes(), fakes()]
    for one in services:
        one.answers["getProxyReq"] = f"<getProxyReqReturn>{REQUEST}</getProxyReqReturn>"
    configured(f'WmProxyEndPoints = {{"{services[0].url}", "{NOBODY}", "{services[1].url}"}}')
    said = run("delegate-proxy", "-d", "x", "--all")
    assert f"WMProxy(s):\n{services[0].url}\n{services[1].url}\nwith the delegation identifier: x\n" in said.out
    assert said.code == 0


def test_versions(fake: Fake, run: Command, configured: Configured) -> None:
    configured(f'WmProxyEndPoints = {{"{fake.url}", "{NOBODY}"}}')
    said = run("submit", "--version")
    assert said.code == 0
    assert said.out.startswith("\nWMS User Interface version  ")
    assert f"\nConnecting to the service {fake.url}\n\nWMProxy Version: 3.3.1\n" in said.out
    assert f"\nConnecting to the service {NOBODY}\n\nConnection failed: " in said.out


def test_files_of_settings(tmp_path: Path) -> None:
    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write("home/.glite/vo/glite_wmsui.conf", '[ WmsClient = [ OutputStorage = "$PLACE/${PLACE}x"; RetryCount = 3 ]]')
    write("etc/glite-wms/vo/glite_wmsui.conf", 'OutputStorage = "/no"; WmProxyEndPoints = "https://a";')
    write("etc/glite-wms/glite_wmsui.conf", "SoapTimeouts = [ jobSubmitTimeout = 7 ]; AuthenticateServer = false")
    write("old/.glite/vo/glite_wms.conf", "[ SoapTimeouts = [ globalTimeout = 2; jobSubmitTimeout = 7 ] ]")
    environment = {"HOME": str(tmp_path / "home"), "EMI_UI_CONF": str(tmp_path / "etc"), "PLACE": "/p"}
    found = load("VO", "", environment)
    assert found.text("outputstorage") == "/p//px"
    assert found.texts("WmProxyEndPoints") == ("https://a",)
    assert (found.timeout("jobSubmit"), found.timeout("getVersion")) == (7.0, None)
    assert not found.flag("AuthenticateServer", default=True)
    assert found.moved == ("RetryCount",)
    assert len(found.read) == 3
    assert load("vo", "", environment | {"HOME": str(tmp_path / "old")}).timeout("jobSubmit") == 2.0
    variable = {"GLITE_WMS_CLIENT_CONFIG": str(tmp_path / "etc/glite-wms/vo/glite_wmsui.conf")}
    assert load("vo", "", environment | variable).text("OutputStorage") == "/no"


def test_settings_that_are_wrong(run: Command, jdl: Path, configured: Configured) -> None:
    assert "Unable to find the configuration file: none" in run("submit", "-a", "-c", "none", jdl).err
    configured("WmProxyEndPoints = ")
    assert "Error - Configuration File Error\nUnable to read the configuration file" in run("submit", "-a", jdl).err


def plain_proxy(user: Path, **ages: timedelta) -> Path:
    return proxy_file(user, making.proxy(ALICE, **{**AGES, **ages}), ALICE)


def test_where_the_vo_comes_from(
    fake: Fake, run: Command, user: Path, jdl: Path, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answers["jobSubmit"] = struct(ID)
    assert "Warning - --vo option ignored\n" in run("submit", "--vo", "other", "-d", "x", "-e", fake.url, jdl).err
    monkeypatch.setenv("X509_USER_PROXY", str(plain_proxy(user)))
    said = run("submit", "-d", "x", "-e", fake.url, jdl)
    assert said.err == "\nError - Missing Information\nUnable to find any VirtualOrganisation\n\n"
    assert run("submit", "--vo", "other", "-d", "x", "-e", fake.url, jdl).code == 0
    assert 'VirtualOrganisation = "other"' in fake.calls[-1][1]["jdl"]
    jdl.write_text('Executable = "/bin/hostname"; VirtualOrganisation = "third";')
    configured(f'WmProxyEndPoints = "{fake.url}"', vo="third")
    assert run("submit", "-d", "x", jdl).code == 0
    own = user / "own.conf"
    own.write_text(f'WmProxyEndPoints = "{fake.url}"; JdlDefaultAttributes = [ VirtualOrganisation = "fourth" ];')
    jdl.write_text('Executable = "/bin/hostname";')
    assert run("submit", "-d", "x", "-c", own, jdl).code == 0
    assert 'VirtualOrganisation = "fourth"' in fake.calls[-1][1]["jdl"]
    (user / "home/.glite").mkdir(parents=True, exist_ok=True)
    (user / "home/.glite/glite_wmsui.conf").write_text(own.read_text().replace("fourth", "fifth"))
    monkeypatch.setenv("HOME", str(user / "home"))
    assert run("submit", "-d", "x", jdl).code == 0
    assert 'VirtualOrganisation = "fifth"' in fake.calls[-1][1]["jdl"]


def test_proxies_that_are_of_no_use(
    run: Command, user: Path, jdl: Path, proxy: Path, monkeypatch: pytest.MonkeyPatch, configured: Configured
) -> None:
    words = ("submit", "-d", "x", "-e", NOBODY, jdl)
    configured("DefaultProxyValidity = 100000")
    text = "Your proxy credential will expire in less than 100000 minutes"
    assert run(*words).err == f"\nError - Proxy validity Error\n{text}\n\n"
    proxy.chmod(0o644)
    assert "can be read by others" in run(*words).err
    proxy.chmod(0o600)
    proxy.write_text("nothing")
    assert "Error - Proxy File Error\n" in run(*words).err
    past = making.proxy(ALICE, begins=AGES["begins"] - timedelta(days=2), ends=AGES["begins"])
    monkeypatch.setenv("X509_USER_PROXY", str(proxy_file(user, past, ALICE)))
    said = run(*words)
    assert (said.code, said.err) == (1, "\nError - Proxy validity Error\nYour proxy credential has expired\n\n")
    monkeypatch.setenv("X509_USER_PROXY", str(user / "nothing"))
    said = run(*words)
    assert said.err == f"\nError - Proxy File Not Found\nUnable to find a valid proxy file: {user / 'nothing'}\n\n"


def test_tokens_in_the_place_of_proxies(
    fake: Fake, run: Command, user: Path, jdl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X509_USER_PROXY", str(user / "nothing"))
    monkeypatch.setenv("BEARER_TOKEN", "secret-token")
    fake.answers["jobSubmit"] = struct(ID)
    said = run("submit", "-a", "-e", fake.url, jdl)
    assert said.code == 0
    assert {headers.get("Authorization") for headers in fake.headers} == {"Bearer secret-token"}
    assert fake.operations == ["getVersion", "jobSubmit"]
    assert "secret" not in said.out + said.err
    assert "a token is not delegated" in run("delegate-proxy", "-a", "-e", fake.url).err


def test_a_token_goes_to_services_that_are_named_and_nowhere_else(
    fake: Fake, run: Command, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X509_USER_PROXY", str(user / "nothing"))
    monkeypatch.setenv("BEARER_TOKEN", "secret-token")
    job = fake.job("AbCd")
    run("cancel", "--noint", job)
    assert [headers.get("Authorization") for headers in fake.headers] == [None]


def test_where_tokens_are(tmp_path: Path) -> None:
    file = tmp_path / f"bt_u{os.geteuid()}"
    file.write_text("from-file\n")
    file.chmod(0o600)
    assert find_token({"XDG_RUNTIME_DIR": str(tmp_path)}) == "from-file"
    assert find_token({"BEARER_TOKEN_FILE": str(file), "XDG_RUNTIME_DIR": "/nowhere"}) == "from-file"
    assert find_token({"BEARER_TOKEN": "first", "BEARER_TOKEN_FILE": str(file)}) == "first"
    with pytest.raises(Failure, match="cannot be read"):
        find_token({"BEARER_TOKEN_FILE": "/nowhere"})


def test_a_server_that_is_not_trusted(
    fake: Fake, run: Command, jdl: Path, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    fake.answers["jobSubmit"] = struct(ID)
    said = run("submit", "-d", "x", "-e", fake.url, jdl)
    assert (said.code, "CERTIFICATE_VERIFY_FAILED" in said.err, fake.calls) == (1, True, [])
    configured("AuthenticateServer = false")
    assert run("submit", "-d", "x", "-e", fake.url, jdl).code == 0
