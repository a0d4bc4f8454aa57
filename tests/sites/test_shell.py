"""Shells at a site: here, and behind a real sshd."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gridwms.sites.batch import BatchSettings
from gridwms.sites.contract import SiteUnavailable
from gridwms.sites.shell import LocalShell, Shell, SshSettings, SshShell
from gridwms.sites.slurm import SlurmDialect
from tests.services import sshd
from tests.sites.batch_rig import BatchRig
from tests.sites.contract import SiteContract
from tests.sites.fakes.slurm import FakeSlurm

ODD = ["", "two words", "it's", 'a "b" $HOME `id` \\', "line\nline", "-n"]


@pytest.fixture(scope="module")
def server() -> Iterator[sshd.Sshd]:
    why = sshd.missing()
    if why:
        pytest.skip(why)
    with sshd.running() as running:
        yield running


@pytest.fixture
def far(server: sshd.Sshd) -> Iterator[SshShell]:
    shell = SshShell(SshSettings(host="batch", config=str(server.config), environment={"GIVEN": "it's here"}))
    yield shell
    shell.close()


@pytest.fixture(params=["here", "far"])
def shell(request: pytest.FixtureRequest) -> Shell:
    if request.param == "here":
        return LocalShell(environment={"GIVEN": "it's here"})
    found: Shell = request.getfixturevalue("far")
    return found


def test_words_input_output_and_status(shell: Shell) -> None:
    said = shell.run('printf "<%s>\\n" "$@"; wc -c; echo wrong >&2; exit 7', ODD, stdin=b"\0" * 100_000)
    assert said.out.decode() == "".join(f"<{word}>\n" for word in ODD) + "100000\n"
    assert (said.status, said.err) == (7, "wrong\n")


def test_environment_is_given(shell: Shell) -> None:
    assert shell.run('printf %s "$GIVEN"').out == b"it's here"


def test_too_slow(shell: Shell, tmp_path: Path) -> None:
    with pytest.raises(SiteUnavailable, match="did not end within 1 s"):
        shell.run("sleep 60", seconds=1)
    assert shell.run("echo again").out == b"again\n"


def test_what_it_said_until_then_is_told() -> None:
    with pytest.raises(SiteUnavailable, match="did not end within 2 s: cannot stat file, retrying"):
        LocalShell().run("echo cannot stat file, retrying >&2; sleep 60", seconds=2)


def test_nothing_of_the_service_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDWMS_SECRET", "hush")
    assert b"hush" not in LocalShell().run("env").out


def test_neither_script_nor_words_show_in_the_process_list(far: SshShell) -> None:
    said = far.run("tr '\\0' ' ' </proc/$$/cmdline; : hush", ["hush"])
    assert b"gridwms" in said.out
    assert b"hush" not in said.out


def test_one_connection_for_all(far: SshShell) -> None:
    ports = {far.run('echo "$SSH_CONNECTION"').lines[0].split()[1] for _ in range(3)}
    assert len(ports) == 1


def test_a_connection_that_broke_is_made_anew(far: SshShell) -> None:
    with pytest.raises(SiteUnavailable, match="connection to the host batch broke"):
        far.run("kill -9 $PPID; sleep 60")
    assert far.run("echo back").out == b"back\n"


def test_several_threads_share_it(server: sshd.Sshd, far: SshShell) -> None:
    """A site is described beside its other work; what one thread begins is not taken for a connection by the other."""
    with ThreadPoolExecutor(6) as threads:
        ports = set(threads.map(lambda _: far.run('echo "$SSH_CONNECTION"').lines[0].split()[1], range(6)))
    assert len(ports) == 1
    refused = SshShell(SshSettings(host="batch", config=str(server.config), options=("UserKnownHostsFile=/dev/null",)))

    def try_it(_: int) -> str:
        try:
            refused.run("true")
        except SiteUnavailable as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(3) as threads:
        told = set(threads.map(try_it, range(3)))
    refused.close()
    assert len(told) == 1
    assert told.pop().startswith("no ssh connection to the host batch: ")


def test_the_host_key_has_changed(server: sshd.Sshd, far: SshShell) -> None:
    server.know(server.folder / "id.pub")
    try:
        with pytest.raises(SiteUnavailable, match="host key is not the one that is known"):
            far.run("true")
    finally:
        server.know(server.folder / "host_key.pub")
    assert far.run("echo well").out == b"well\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("Port=1",), "Connection refused; look whether sshd runs there"),
        (("HostName=nowhere.invalid",), "Could not resolve hostname .*; correct `host`"),
        (("IdentityFile=/dev/null",), "Permission denied .*; let the service's key in"),
        (("UserKnownHostsFile=/dev/null",), "Host key verification failed; log in once by hand"),
    ],
)
def test_no_connection(server: sshd.Sshd, options: tuple[str, ...], said: str) -> None:
    shell = SshShell(SshSettings(host="batch", config=str(server.config), options=options))
    if options[0].startswith("Identity"):
        (server.folder / "other").write_text(server.config.read_text().replace("/id\n", "/host_key\n"))
        shell = SshShell(SshSettings(host="batch", config=str(server.folder / "other")))
    with pytest.raises(SiteUnavailable, match=said):
        shell.run("true")
    shell.close()


def test_a_batch_system_behind_it(server: sshd.Sshd, tmp_path: Path) -> None:
    slurm = FakeSlurm(tmp_path / "slurm")
    environment = {"PATH": f"{slurm.bin}:{os.environ['PATH']}"}
    settings = BatchSettings(name="cluster", directory=str(tmp_path / "site"), host="cluster.example")
    make = SshSettings(host="batch", config=str(server.config), environment=environment)
    rig = BatchRig(tmp_path, SlurmDialect(), lambda: SshShell(make), settings)
    SiteContract().test_a_whole_life(rig)
    rig.site.close()
    slurm.close()
