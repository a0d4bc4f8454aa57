"""Further addresses of the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.daemon.config import BadConfig, Config
from gridwms.daemon.config import Service as Section
from gridwms.daemon.listening import addresses_of, check_addresses, listening
from gridwms.security.errors import ListenRefused
from gridwms.security.listen import Tls
from tests.never_lost.rounds import free_port


def config(*also: str, host: str = "127.0.0.1", port: int = 0) -> Config:
    return Config(service=Section(host=host, port=port, also_listen=also))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("7443", ("127.0.0.1", 7443)),
        ("0.0.0.0:9000", ("0.0.0.0", 9000)),
        ("[::1]:9000", ("::1", 9000)),
        ("wms.example.org:7443", ("wms.example.org", 7443)),
    ],
)
def test_forms_of_an_address(text: str, address: tuple[str, int]) -> None:
    assert addresses_of(config(text)) == [("127.0.0.1", 0), address]


@pytest.mark.parametrize("text", ["", "0", "70000", "host", "::1:9000", "host:", ":7443", "a:b:7443"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadConfig, match="also_listen"):
        addresses_of(config(text))


def test_all_of_them_listen_and_one_that_is_taken_is_said() -> None:
    port = free_port()
    with listening(config(str(port))) as sockets:
        assert [one.getsockname()[1] == port for one in sockets] == [False, True]
        with pytest.raises(BadConfig, match=f"port {port}"), listening(config(str(port))):
            pass


def test_beyond_this_machine_each_needs_tls() -> None:
    check_addresses(config("7443"), None)
    with pytest.raises(ListenRefused, match=r"0\.0\.0\.0"):
        check_addresses(config("0.0.0.0:7443"), None)
    check_addresses(config("0.0.0.0:7443"), Tls(certificate=Path("c"), key=Path("k")))
