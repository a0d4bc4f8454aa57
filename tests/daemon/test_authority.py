"""Whom wrappers trust for the service's own certificate."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gridwms.daemon.authority import authority_of
from gridwms.daemon.config import BadConfig, Config
from tests.end_to_end.certificates import AGES, CA
from tests.x509 import making
from tests.x509.making import Made


def config(directory: Path, own: Made, *, authorities: tuple[Made, ...] | None = None, named: str = "") -> Config:
    (directory / "host.pem").write_bytes(own.pem)
    section = {"tls_certificate": str(directory / "host.pem"), "tls_key": "host.key", "tls_authority": named}
    if authorities is None:
        return Config.model_validate({"service": section})
    trusted = directory / "authorities"
    trusted.mkdir()
    for number, one in enumerate(authorities):
        (trusted / f"1a2b3c4d.{number}").write_bytes(one.pem)
    return Config.model_validate({"service": section, "certificates": {"authorities": str(trusted)}})


def test_one_that_signed_itself(tmp_path: Path) -> None:
    own = making.make("/DC=org/CN=localhost", **AGES)
    assert authority_of(config(tmp_path, own)) == own.pem.decode()


def test_its_authority_among_the_trusted_ones(tmp_path: Path) -> None:
    host = making.user(CA, "/DC=org/O=Hosts/CN=wms.example.org", **AGES)
    other = making.authority("/DC=org/CN=Another", **AGES)
    assert authority_of(config(tmp_path, host, authorities=(other, CA))) == CA.pem.decode()


def test_what_is_named_counts(tmp_path: Path) -> None:
    (tmp_path / "named.pem").write_bytes(CA.pem)
    own = making.make("/DC=org/CN=localhost", **AGES)
    assert authority_of(config(tmp_path, own, named=str(tmp_path / "named.pem"))) == CA.pem.decode()


def test_one_that_worker_nodes_will_not_believe_is_told(tmp_path: Path) -> None:
    host = making.user(CA, "/DC=org/O=Hosts/CN=wms.example.org", **AGES)
    with capture_logs() as logged:
        assert authority_of(config(tmp_path, host, authorities=())) == ""
    assert [one for one in logged if one.get("setting") == "[service] tls_authority"]


def test_without_tls_there_is_none() -> None:
    assert authority_of(Config()) == ""


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_named_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    named = tmp_path / "named.pem"
    if content is not None:
        named.write_bytes(content)
    with pytest.raises(BadConfig, match="tls_authority"):
        authority_of(config(tmp_path, CA, named=str(named)))
