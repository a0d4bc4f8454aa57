"""Credentials: files of proxies, and delegation between two sides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from gridwms.x509.chain import verify
from gridwms.x509.credential import (
    Credential,
    new_key,
    read_credential,
    request_for,
    requested_key,
    sign_request,
    split,
)
from gridwms.x509.errors import BadCredential
from gridwms.x509.trust import Anchors
from tests.x509 import making
from tests.x509.making import NOW

CA = making.authority()
ALICE = making.user(CA)
ANCHORS = Anchors({CA.certificate.subject: (CA.certificate,)})
OWN = Credential(ALICE.certificate, ALICE.key)
REQUEST = request_for(ec.generate_private_key(ec.SECP256R1()))


def test_a_proxy_made_for_a_request_is_believed() -> None:
    key = new_key()
    assert isinstance(key, rsa.RSAPrivateKey)
    made = split(sign_request(request_for(key), OWN, NOW), key)
    chain = verify((made.certificate, *made.chain), ANCHORS, NOW)
    assert chain.subject == "/DC=org/O=Users/CN=Alice"
    assert chain.ends == NOW + timedelta(hours=12)
    assert not chain.limited


def test_a_file_of_a_proxy_reads_as_it_was_written() -> None:
    proxy = making.proxy(ALICE)
    written = Credential(proxy.certificate, proxy.key, (ALICE.certificate,))
    read = read_credential(b"some words\n" + written.pem(), "a file")
    assert (read.certificate, read.chain) == (proxy.certificate, (ALICE.certificate,))
    assert read.pem() == written.pem()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (ALICE.pem, "holds no key"),
        (ALICE.pem + CA.key_pem, "not that of its first certificate"),
        (b"", "no certificate"),
        (ALICE.pem + b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read"),
    ],
)
def test_files_of_no_use(raw: bytes, words: str) -> None:
    with pytest.raises(BadCredential, match=words):
        read_credential(raw, "the file")


def test_an_expired_proxy_signs_nothing() -> None:
    with pytest.raises(BadCredential, match="expired"):
        sign_request(REQUEST, OWN, NOW + timedelta(days=1))


def test_a_request_in_either_form() -> None:
    der = x509.load_pem_x509_csr(REQUEST).public_bytes(making.serialization.Encoding.DER)
    assert requested_key(der) == requested_key(REQUEST)


def test_a_request_for_a_key_that_the_other_side_does_not_have() -> None:
    raw = bytearray(x509.load_pem_x509_csr(REQUEST).public_bytes(making.serialization.Encoding.DER))
    raw[-3] ^= 1
    with pytest.raises(BadCredential):
        requested_key(bytes(raw))


@given(st.binary(max_size=300))
def test_any_bytes_as_a_request(raw: bytes) -> None:
    with pytest.raises(BadCredential):
        requested_key(raw)
