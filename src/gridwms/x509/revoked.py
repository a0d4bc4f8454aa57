"""Revocation lists: what an authority has taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from gridwms.x509.errors import CertificateRefused
from gridwms.x509.names import slashed

_UNDERSTOOD = frozenset({ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER})


@dataclass(frozen=True, slots=True)
class Revocations:
    """A list as it is asked: `sound` when an anchor signed it and all of it is understood."""

    sound: bool
    begins: datetime
    ends: datetime | None
    serials: frozenset[int] = field(repr=False)

    def current(self, now: datetime) -> bool:
        """Whether it tells the truth about `now`."""
        return self.begins <= now and (self.ends is None or now < self.ends)


def revocations_of(crl: x509.CertificateRevocationList, issuers: Sequence[x509.Certificate]) -> Revocations:
    """A list read once, with the serial numbers in a set: lists of 100,000 are asked at every request."""
    understood = not any(item.critical and item.oid not in _UNDERSTOOD for item in crl.extensions)
    return Revocations(
        sound=understood and any(_signed(crl, issuer) for issuer in issuers),
        begins=crl.last_update_utc,
        ends=crl.next_update_utc,
        serials=frozenset(entry.serial_number for entry in crl),
    )


def check_not_revoked(
    certificate: x509.Certificate, lists: Sequence[Revocations], now: datetime, *, require: bool
) -> None:
    """Raise CertificateRefused when a list of its authority names `certificate`, or when no list there is of use.

    An authority without any list is believed, unless `require`. One whose list has run out is not: who keeps a new
    list away from a service must not keep a stolen certificate alive.
    """
    issuer, name = slashed(certificate.issuer), slashed(certificate.subject)
    sound = [one for one in lists if one.sound]
    if any(certificate.serial_number in one.serials for one in sound):
        raise CertificateRefused(f"The certificate {name} was revoked by {issuer}.", "Get a new certificate.")
    if any(one.current(now) for one in sound) or not (lists or require):
        return
    what = "has run out" if sound else "is missing, or not signed by it"
    raise CertificateRefused(
        f"The revocation list of the authority {issuer} {what}, so nobody can tell whether {name} was revoked.",
        "The operator of the service must fetch the lists (fetch-crl).",
    )


def _signed(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
