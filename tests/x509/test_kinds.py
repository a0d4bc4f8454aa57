"""What a certificate says it is."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from gridwms.x509.errors import CertificateRefused
from gridwms.x509.kinds import DRAFT_CERT_INFO, PROXY_CERT_INFO, Kind, Part, part_of
from tests.x509 import making

CA = making.authority()
ALICE = making.user(CA)


def proxy_with(raw: bytes, oid: x509.ObjectIdentifier = PROXY_CERT_INFO) -> x509.Certificate:
    odd = x509.UnrecognizedExtension(oid, raw)
    return making.make("/DC=org/O=Users/CN=Alice/CN=1", ALICE, extensions=[(odd, True)]).certificate


@pytest.mark.parametrize(
    ("language", "kind"),
    [
        (making.INHERIT, Kind.PROXY),
        (making.LIMITED, Kind.LIMITED_PROXY),
        (making.INDEPENDENT, Kind.INDEPENDENT_PROXY),
        ("1.2.3.4", Kind.RESTRICTED_PROXY),
    ],
)
def test_the_language_of_the_policy_tells_the_kind(language: str, kind: Kind) -> None:
    assert part_of(making.proxy(ALICE, language=language, path_length=3).certificate) == Part(kind, path_length=3)


def test_the_kind_before_the_standard() -> None:
    raw = bytes.fromhex("3011300a06082b06010505071501a103020102")
    assert part_of(proxy_with(raw, DRAFT_CERT_INFO)) == Part(Kind.PROXY, path_length=2)


def test_a_limited_legacy_proxy() -> None:
    assert part_of(making.legacy_proxy(ALICE, "limited proxy").certificate) == Part(Kind.LIMITED_PROXY, legacy=True)


def test_a_negative_path_length() -> None:
    with pytest.raises(CertificateRefused, match="negative"):
        part_of(proxy_with(bytes.fromhex("300f0201ff300a06082b06010505071501")))


def test_a_proxy_that_is_an_authority() -> None:
    both = [(x509.BasicConstraints(True, None), True), (making.proxy_info(), True)]
    with pytest.raises(CertificateRefused, match="at once"):
        part_of(making.make("/DC=org/CN=x", CA, extensions=both).certificate)


@given(st.binary(max_size=40))
def test_whatever_stands_there(raw: bytes) -> None:
    try:
        part_of(proxy_with(raw))
    except CertificateRefused as refused:
        assert "statement" in refused.sentence or "negative" in refused.sentence
