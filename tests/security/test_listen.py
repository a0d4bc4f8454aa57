from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.security.errors import ListenRefused
from gridwms.security.listen import Tls, check_listen

NAMES = {"localhost": ["127.0.0.1", "::1"], "wms.example.org": ["192.0.2.7"], "mixed": ["127.0.0.1", "192.0.2.7"]}


def known(host: str) -> list[str]:
    if host not in NAMES:
        raise OSError(-2, "Name or service not known")
    return NAMES[host]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost", "::ffff:127.0.0.1"])
def test_loopback_needs_no_tls(host: str) -> None:
    check_listen(host, None, known)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.7", "wms.example.org", "mixed", "::ffff:192.0.2.7", "fe80::1%eth0"]
)
def test_beyond_needs_tls(host: str) -> None:
    with pytest.raises(ListenRefused) as caught:
        check_listen(host, None, known)
    assert "tls" in caught.value.advice
    check_listen(host, Tls(certificate=Path("c"), key=Path("k")), known)


def test_unknown_name_is_a_sentence() -> None:
    with pytest.raises(ListenRefused, match="has no address"):
        check_listen("nowhere.invalid", None, known)
