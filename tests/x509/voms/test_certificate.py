"""Reading attribute certificates: whatever the bytes are, a sentence and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gridwms.x509.errors import AttributesRefused
from gridwms.x509.voms.certificate import IN_PROXY, carried_by, read
from tests.x509.making import authority, user
from tests.x509.voms.making import attributes, proxy_with

CA = authority()
ALICE = user(CA)
SERVER = user(CA, "/DC=org/O=Hosts/CN=voms.example.org")
CERTIFICATE = attributes(ALICE.certificate, SERVER, target="wms.example.org")
PROXY = proxy_with(ALICE, CERTIFICATE)


RAW = PROXY.certificate.extensions.get_extension_for_oid(IN_PROXY).value.public_bytes()


def test_all_that_it_says() -> None:
    (one,) = carried_by(PROXY.certificate)
    assert (one.vo, one.server, one.host) == ("testvo", "voms.example.org:15000", "voms.example.org")
    assert one.holder_name == "/DC=org/CN=Test CA"
    assert one.holder_serial == ALICE.certificate.serial_number
    assert one.issuer == "/DC=org/O=Hosts/CN=voms.example.org"
    assert one.targets == ("wms.example.org",)
    assert one.signers == (SERVER.certificate,)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    _read(raw)


@given(st.integers(0, len(RAW) - 1), st.binary(min_size=1, max_size=4), st.integers(0, 4))
def test_any_change(at: int, put: bytes, cut: int) -> None:
    _read(RAW[:at] + put + RAW[at + cut :])


def _read(raw: bytes) -> None:
    try:
        read(raw)
    except AttributesRefused as refused:
        assert refused.sentence.startswith("The VOMS attributes of the proxy cannot be read")
