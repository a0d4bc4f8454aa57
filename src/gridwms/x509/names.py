"""Distinguished names as the grid writes them: `/DC=org/DC=example/CN=Alice Tester`."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

_SHORT = {
    oid.dotted_string: short
    for oid, short in {
        NameOID.COMMON_NAME: "CN",
        NameOID.SURNAME: "SN",
        NameOID.GIVEN_NAME: "GN",
        NameOID.COUNTRY_NAME: "C",
        NameOID.LOCALITY_NAME: "L",
        NameOID.STATE_OR_PROVINCE_NAME: "ST",
        NameOID.STREET_ADDRESS: "street",
        NameOID.ORGANIZATION_NAME: "O",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
        NameOID.TITLE: "title",
        NameOID.SERIAL_NUMBER: "serialNumber",
        NameOID.DOMAIN_COMPONENT: "DC",
        NameOID.USER_ID: "UID",
        NameOID.EMAIL_ADDRESS: "emailAddress",
        NameOID.POSTAL_CODE: "postalCode",
        NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    }.items()
}
"""OpenSSL's short names, which Globus and VOMS write."""


def slashed(name: x509.Name) -> str:
    """A name in the one-line form of OpenSSL; an attribute without a short name is written by its number.

    Characters that would break the line, or make two names look alike, are written `\\xHH` as OpenSSL does. A slash
    within a value stays, as everywhere in the grid; so lines are compared with lines, never cut into names again.
    """
    return line((part.oid.dotted_string, part.value) for rdn in name.rdns for part in rdn)


def line(parts: Iterable[tuple[str, str | bytes]]) -> str:
    """The same from numbers of attributes and their values."""
    return "".join(f"/{_SHORT.get(oid, oid)}={_printable(value)}" for oid, value in parts)


def _printable(value: str | bytes) -> str:
    raw = value if isinstance(value, bytes) else value.encode()
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}" for byte in raw)
