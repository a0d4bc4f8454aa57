"""Jobs through a service whose site is an ARC computing element, played or real; and what `site test` finds there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import User
from tests.never_lost.rounds import Runner
from tests.services import arex as real
from tests.services.ca import Authority, proxy
from tests.sites.fakes.arex import FakeArex


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arc")


@pytest.fixture(scope="module")
def arex(folder: Path) -> Iterator[FakeArex]:
    authority = Authority(folder / "ca")
    people = {name: authority.user(name) for name in ("alice", "bob")}
    played = FakeArex(folder / "played", authority, slots=4, mapped={people["alice"].subject})
    proxy(people["alice"], folder / "good")
    proxy(people["bob"], folder / "bob")
    proxy(people["alice"], folder / "old", begins=-7200, ends=-3600)
    Authority(folder / "other", "/DC=org/CN=Other")
    yield played
    played.close()


def block(name: str, arex: FakeArex | real.Arex, proxy: Path, authorities: Path, more: str = "") -> str:
    return f"""\
[sites.{name}]
kind = "arc"
url = "{arex.url}"
proxy = "{proxy}"
authorities = "{authorities}"
poll_seconds = 0.3
refresh_seconds = 1
settle_seconds = 0
{more}
"""


@pytest.fixture(scope="module")
def runner(folder: Path, arex: FakeArex) -> Iterator[Runner]:
    trusted = arex.authority.certificates
    config = folder / "gridwms.toml"
    blocks = [
        block("nordic", arex, folder / "good", trusted),
        block("late", arex, folder / "old", trusted),
        block("stranger", arex, folder / "bob", trusted),
        block("doubtful", arex, folder / "good", folder / "other/certificates"),
        block("queueless", arex, folder / "good", trusted, 'queues = ["gone"]'),
    ]
    config.write_text("".join(blocks))
    started = Runner(folder, "--config", str(config))
    started.start()
    yield started
    started.stop()


def test_jobs_come_home(user: User, arex: FakeArex) -> None:
    user.write("in.txt", "given\n")
    user.write(
        "job.jdl",
        """[
  Executable = "/bin/sh"; Arguments = "-c 'cat in.txt; id -u >&2'"; InputSandbox = {"in.txt"};
  StdOutput = "out"; StdError = "err"; OutputSandbox = {"out", "err"};
]""",
    )
    ids = [user("submit", "job.jdl").lines[-1] for _ in range(3)]
    said = user("wait", *ids)
    assert said.status == 0, said.out + said.err
    fetched = user("output", ids[0], "--dir", "fetched")
    assert fetched.status == 0, fetched.err
    found = {path.name: path.read_text() for path in (user.directory / "fetched").rglob("*") if path.is_file()}
    assert found["out"] == "given\n"
    assert f"localhost:{arex.port}/nordugrid-fork-" in user("status", "--json", ids[0]).out


def test_a_canary_goes_through(user: User) -> None:
    said = user("site", "test", "nordic", "--json")
    assert said.status == 0, said.out + said.err
    (main, other) = said.json["tests"]
    assert main["ok"] is other["ok"] is True
    assert main["steps"] == ["matched", "delivered", "running", "payload", "finished"]


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("late", "expired at"),
        ("stranger", "is mapped to no account there"),
        ("doubtful", "the authority of its certificate is not trusted; put that into"),
        ("queueless", "it has none of the queues gone; it has: main, other"),
    ],
)
def test_what_is_wrong_is_told(user: User, site: str, says: str) -> None:
    said = user("site", "test", site)
    assert said.status == 1
    assert says in said.out + said.err
    assert says in user("site", "show", site).out


@pytest.mark.long
@pytest.mark.parametrize("version", [6, 7])
def test_a_canary_goes_through_a_real_one(tmp_path: Path, version: int) -> None:
    if why := real.missing(version):
        pytest.skip(why)
    with real.running(version) as element:
        config = tmp_path / "gridwms.toml"
        trusted = element.authority.certificates
        config.write_text(block("nordic", element, element.proxies["alice"], trusted, 'queues = ["main"]'))
        started = Runner(tmp_path / "service", "--config", str(config))
        (tmp_path / "service").mkdir()
        started.start()
        try:
            said = User(started, tmp_path)("site", "test", "nordic", timeout=200)
            assert said.status == 0, said.out + said.err
        finally:
            started.stop()
