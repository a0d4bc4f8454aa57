"""The client of MyProxy: the same conversations with a real server and with one that goes wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from gridwms.renewal import myproxy as client
from gridwms.renewal.errors import RenewalFailed, Unreachable
from gridwms.renewal.myproxy import address_of
from tests.renewal import fake_myproxy
from tests.renewal.conftest import Grid
from tests.renewal.fake_myproxy import FakeMyProxy
from tests.services.ca import Authority


@pytest.fixture
def fake(grid: Grid) -> Iterator[FakeMyProxy]:
    with fake_myproxy.running(grid.host.certificate, grid.host.key) as server:
        server.store(grid.alice)
        server.store(grid.alice, passphrase="open sesame", name="ann")
        server.store(grid.bob, name="other")
        yield server


@pytest.fixture(params=["real", "fake"])
def server(request: pytest.FixtureRequest) -> str:
    """Host and port of a server that is well."""
    name: str = request.getfixturevalue("myproxy" if request.param == "real" else "fake").server
    return name


def ask(grid: Grid, timeout: float = 20.0) -> client.MyProxy:
    return client.MyProxy(shown=lambda: grid.of(grid.host), judge=grid.judge, timeout=timeout)


def test_a_proxy_is_renewed_for_the_old_one(grid: Grid, server: str) -> None:
    old = grid.proxy(grid.alice)
    made = ask(grid).renew(server, grid.alice.subject, old)
    assert grid.judge((made.certificate, *made.chain)).subject == grid.alice.subject
    assert made.certificate != old.certificate
    assert made.key.public_key() != old.key.public_key()


def test_a_proxy_is_fetched_with_a_pass_phrase(grid: Grid, server: str) -> None:
    made = ask(grid).fetch(server, "ann", "open sesame")
    assert grid.judge((made.certificate, *made.chain)).subject == grid.alice.subject


def test_a_wrong_pass_phrase(grid: Grid, server: str) -> None:
    with pytest.raises(RenewalFailed, match=r"refuses: .*pass ?phrase") as told:
        ask(grid).fetch(server, "ann", "not the one")
    assert "not the one" not in str(told.value)


def test_nothing_is_stored_for_this_user(grid: Grid, server: str) -> None:
    with pytest.raises(RenewalFailed, match=r"refuses: No credentials exist for username .*Bob Tester"):
        ask(grid).renew(server, grid.bob.subject, grid.proxy(grid.bob, "bob.pem"))


def test_the_old_proxy_of_another_proves_nothing(grid: Grid, server: str) -> None:
    with pytest.raises(RenewalFailed):
        ask(grid).renew(server, grid.alice.subject, grid.proxy(grid.bob, "bob.pem"))


# bad days


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("garbage", RenewalFailed, "does not speak MyProxy"),
        ("hangs up", Unreachable, "hung up|broke off"),
        ("slow", Unreachable, "in time"),
        ("words", RenewalFailed, "sends no proxy"),
    ],
)
def test_it_goes_wrong(grid: Grid, fake: FakeMyProxy, how: str, error: type[Exception], words: str) -> None:
    fake.how = how
    with pytest.raises(error, match=words):
        ask(grid, 0.3 if how == "slow" else 20.0).renew(fake.server, grid.alice.subject, grid.proxy(grid.alice))


def test_nobody_listens(grid: Grid) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached: Connection refused"):
        ask(grid).renew(f"localhost:{port}", grid.alice.subject, grid.proxy(grid.alice))


def test_another_host_than_the_one_that_was_named(grid: Grid, fake: FakeMyProxy) -> None:
    with fake_myproxy.running(grid.alice.certificate, grid.alice.key) as other:
        with pytest.raises(Unreachable, match=r"Alice Tester, which is not that of its host"):
            ask(grid).renew(other.server, grid.alice.subject, grid.proxy(grid.alice))
        assert other.asked == 0


def test_a_server_of_an_authority_that_is_not_believed(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> None:
    strange = Authority(tmp_path_factory.mktemp("strange") / "ca", "/DC=org/DC=strange")
    host = strange.host()
    running = fake_myproxy.running(host.certificate, host.key)
    with running as other, pytest.raises(Unreachable, match="is not believed"):
        ask(grid).renew(other.server, grid.alice.subject, grid.proxy(grid.alice))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("px.example.org", ("px.example.org", 7512)),
        ("px.example.org:7513", ("px.example.org", 7513)),
        ("[::1]:7513", ("::1", 7513)),
        ("[::1]", ("::1", 7512)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address
