"""Further addresses of the service."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gridwms.daemon.config import BadConfig, Config
from gridwms.daemon.config import Service as Section
from gridwms.daemon.listening import addresses_of, check_addresses, job_ids_of, listening
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


@pytest.mark.parametrize(
    ("also", "url", "begin"),
    [
        (["7443", "9000"], "https://wms.example.org:8480", "https://wms.example.org:9000"),
        (["[::]:9000"], "https://[2001:db8::1]", "https://[2001:db8::1]:9000"),
        (["7443"], "https://wms.example.org:8480", ""),
        (["9000"], "http://127.0.0.1:8480", ""),
    ],
)
def test_ids_of_jobs_where_lb_listens(also: list[str], url: str, begin: str) -> None:
    assert job_ids_of(config(*also), url) == begin


def test_ids_of_jobs_as_they_are_configured() -> None:
    section = Section(job_ids="https://ids.example.org", also_listen=("9000",))
    assert job_ids_of(Config(service=section), "https://wms.example.org") == "https://ids.example.org"
    with pytest.raises(ValidationError, match="job_ids"):
        Section(job_ids="https://ids.example.org/jobs")


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
