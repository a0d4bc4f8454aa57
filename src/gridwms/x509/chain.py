"""From the certificates that somebody shows to who it is: RFC 5280 for the authorities, RFC 3820 for the proxies.

The first certificate is the one whose key the other side has proved to hold; the rest may come in any order, with
others among them. Every step up is by name *and* signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID, NameOID

from gridwms.x509.errors import CertificateRefused
from gridwms.x509.kinds import DRAFT_CERT_INFO, PROXY_CERT_INFO, Kind, Part, is_authority, part_of
from gridwms.x509.names import slashed
from gridwms.x509.revoked import check_not_revoked
from gridwms.x509.signing_policy import may_sign
from gridwms.x509.trust import Anchors

SKEW = timedelta(seconds=5)
"""How far in the future a certificate may begin (gLite reference §4.2)."""
MOST_SHOWN = 32
"""Certificates that are looked at; real chains have up to ten."""
_MOST_AUTHORITIES = 8
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.NAME_CONSTRAINTS,
        PROXY_CERT_INFO,
        DRAFT_CERT_INFO,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an operator decides about chains. `proxy_depth`: how many proxies may follow one another (gLite's
    GridSiteGSIProxyLimit)."""

    legacy_proxies: bool = False
    proxy_depth: int = 6
    require_crl: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain that was believed. `path`: leaf first, the end entity last; `authorities` above it, the anchor last.

    `ends`: when the first of all these certificates runs out, so no proxy outlives what it was made from.
    """

    path: tuple[x509.Certificate, ...]
    authorities: tuple[x509.Certificate, ...]
    limited: bool
    ends: datetime

    @property
    def end_entity(self) -> x509.Certificate:
        """The certificate of the user or host itself."""
        return self.path[-1]

    @property
    def subject(self) -> str:
        """Who it is: the name of the end entity."""
        return slashed(self.end_entity.subject)

    @property
    def issuer(self) -> str:
        """Who says so: the name of the end entity's authority."""
        return slashed(self.end_entity.issuer)


def verify(shown: Sequence[x509.Certificate], anchors: Anchors, now: datetime, rules: Rules | None = None) -> Chain:
    """The chain from the first certificate to an anchor. Raises CertificateRefused with the first thing that is wrong.

    `now` is aware of its zone.
    """
    rules = rules or Rules()
    if not shown:
        raise CertificateRefused("No certificate was shown.", "Make a proxy (voms-proxy-init) and try again.")
    if len(shown) > MOST_SHOWN:
        raise CertificateRefused(
            f"{len(shown)} certificates were shown; at most {MOST_SHOWN} are looked at.", "Make a new, shorter proxy."
        )
    path, parts = _proxies(shown, rules)
    _check_proxies(path, parts, rules)
    authorities = _authorities(path[-1], shown, anchors, now)
    whole = (*path, *authorities)
    for certificate, part in zip(path, parts, strict=True):
        _check_time(certificate, now, part)
        _check_extensions(certificate)
    for certificate in (path[-1], *authorities[:-1]):
        lists = anchors.revocations.get(certificate.issuer, ())
        check_not_revoked(certificate, lists, now, require=rules.require_crl)
    return Chain(
        path=path,
        authorities=authorities,
        limited=any(part.kind is Kind.LIMITED_PROXY for part in parts),
        ends=min(certificate.not_valid_after_utc for certificate in whole),
    )


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` bears the name and made the signature."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _proxies(shown: Sequence[x509.Certificate], rules: Rules) -> tuple[tuple[x509.Certificate, ...], list[Part]]:
    """From the leaf up to the end entity."""
    path = [shown[0]]
    parts = [part_of(shown[0])]
    while parts[-1].is_proxy:
        if len(path) > rules.proxy_depth:
            raise _refused(
                path[0],
                f"is the last of more than {rules.proxy_depth} proxies made from one another",
                "Make a new proxy from your certificate.",
            )
        above = next((other for other in shown[1:] if signed_by(path[-1], other)), None)
        if above is None or above in path:
            raise _refused(
                path[-1],
                f"is a proxy, and the certificate that signed it ({slashed(path[-1].issuer)}) was not shown",
                "Send the whole chain: the file of a proxy holds it.",
            )
        path.append(above)
        parts.append(part_of(above))
    if parts[-1].kind is Kind.AUTHORITY:
        what = "was signed by an authority directly, which no proxy is" if len(path) > 1 else "is an authority's"
        raise _refused(path[max(len(path) - 2, 0)], what, "Use a certificate of a user or a host.")
    return tuple(path), parts


def _check_proxies(path: Sequence[x509.Certificate], parts: Sequence[Part], rules: Rules) -> None:
    """The rules between a proxy and what signed it (RFC 3820 §3.2 to §3.8, §4.1)."""
    for below, (proxy, issuer, part) in enumerate(zip(path, path[1:], parts, strict=False)):
        if proxy.subject.rdns[:-1] != issuer.subject.rdns or not _is_common_name(proxy.subject.rdns[-1]):
            raise _refused(proxy, "is a proxy whose name is not that of its signer and one further CN")
        if part.legacy and not rules.legacy_proxies:
            raise _refused(
                proxy,
                "is a proxy of the old kind (before RFC 3820), which this service refuses",
                "Make one with voms-proxy-init -rfc.",
            )
        if part.kind is Kind.INDEPENDENT_PROXY:
            raise _refused(proxy, "is an independent proxy: it says that it has none of its user's rights")
        if part.kind is Kind.RESTRICTED_PROXY:
            raise _refused(proxy, "is a proxy restricted by a policy that this service cannot read")
        if part.path_length is not None and below > part.path_length:
            raise _refused(
                proxy,
                f"allows {part.path_length} further proxies below it, and {below} were made",
                "Make the proxy without -path-length, or delegate less often.",
            )
        if not _may_sign_digitally(issuer):
            raise _refused(issuer, "may not sign (its key usage has no digitalSignature), so no proxy of it counts")
    if len({part.legacy for part in parts if part.is_proxy}) > 1:
        raise _refused(path[0], "mixes proxies of the old kind with those of RFC 3820")


def _authorities(
    certificate: x509.Certificate, shown: Sequence[x509.Certificate], anchors: Anchors, now: datetime
) -> tuple[x509.Certificate, ...]:
    """From the signer of the end entity to an anchor. Of several ways up the first sound one counts."""
    problems: list[CertificateRefused] = []

    def climb(below: x509.Certificate, found: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...] | None:
        anchored = anchors.certificates.get(below.issuer, ())
        for candidate in dict.fromkeys((*anchored, *(other for other in shown if other.subject == below.issuer))):
            if candidate in found or len(found) >= _MOST_AUTHORITIES or not signed_by(below, candidate):
                continue
            try:
                _check_authority(candidate, certificate, below, found, anchors, now)
            except CertificateRefused as error:
                problems.append(error)
                continue
            if candidate in anchored:
                return (*found, candidate)
            if whole := climb(candidate, (*found, candidate)):
                return whole
        return None

    if found := climb(certificate, ()):
        return found
    if problems:
        raise problems[0]
    raise _refused(
        certificate,
        f"was signed by {slashed(certificate.issuer)}, which this service does not know as an authority",
        "Use a certificate of an authority that the service trusts; the operator can add one.",
    )


def _check_authority(
    authority: x509.Certificate,
    end_entity: x509.Certificate,
    below: x509.Certificate,
    between: tuple[x509.Certificate, ...],
    anchors: Anchors,
    now: datetime,
) -> None:
    name = slashed(authority.subject)
    if not is_authority(authority):
        raise _refused(end_entity, f"was signed with the certificate {name}, which is no authority's")
    if not _may(authority, "key_cert_sign"):
        raise _refused(authority, "is an authority's that may not sign certificates (key usage)")
    _check_time(authority, now, None)
    _check_extensions(authority)
    length = _path_length(authority)
    if length is not None and len(between) > length:
        raise _refused(authority, f"allows {length} authorities below it, and there are {len(between)}")
    if not may_sign(anchors.policies, name, slashed(below.subject)):
        raise _refused(
            below,
            f"has a name that its authority {name} may not sign (its signing policy)",
            "Ask the authority, or the operator of the service for its newest signing policy.",
        )
    _check_name_constraints(authority, end_entity)


def _check_time(certificate: x509.Certificate, now: datetime, part: Part | None) -> None:
    what = "proxy" if part is not None and part.is_proxy else "certificate"
    ends, begins = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    if ends <= now:
        raise CertificateRefused(
            f"The {what} {slashed(certificate.subject)} expired at {_when(ends)}.",
            "Make a new proxy." if what == "proxy" else "Renew the certificate.",
        )
    if begins > now + SKEW:
        raise CertificateRefused(
            f"The {what} {slashed(certificate.subject)} is valid only from {_when(begins)}; here it is {_when(now)}.",
            "Check the clock of the machine where it was made.",
        )


def _check_extensions(certificate: x509.Certificate) -> None:
    try:
        unknown = [item for item in certificate.extensions if item.critical and item.oid not in _UNDERSTOOD]
    except ValueError as error:
        raise _refused(certificate, f"has extensions that cannot be read ({error})") from error
    if unknown:
        raise _refused(
            certificate, f"has the critical extension {unknown[0].oid.dotted_string}, which nobody here understands"
        )


def _check_name_constraints(authority: x509.Certificate, end_entity: x509.Certificate) -> None:
    """Only those about directory names: users and hosts are known by these here (RFC 5280 §4.2.1.10)."""
    try:
        limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return
    allowed = [item.value for item in limits.permitted_subtrees or () if isinstance(item, x509.DirectoryName)]
    denied = [item.value for item in limits.excluded_subtrees or () if isinstance(item, x509.DirectoryName)]
    name = end_entity.subject
    if (allowed and not any(_within(name, tree) for tree in allowed)) or any(_within(name, tree) for tree in denied):
        raise _refused(end_entity, f"has a name that {slashed(authority.subject)} is constrained not to sign")


def _within(name: x509.Name, tree: x509.Name) -> bool:
    return name.rdns[: len(tree.rdns)] == tree.rdns


def _is_common_name(rdn: x509.RelativeDistinguishedName) -> bool:
    return [item.oid for item in rdn] == [NameOID.COMMON_NAME]


def _may_sign_digitally(certificate: x509.Certificate) -> bool:
    return _may(certificate, "digital_signature")


def _may(certificate: x509.Certificate, usage: str) -> bool:
    try:
        return bool(getattr(certificate.extensions.get_extension_for_class(x509.KeyUsage).value, usage))
    except x509.ExtensionNotFound:
        return True


def _path_length(authority: x509.Certificate) -> int | None:
    try:
        return authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    except x509.ExtensionNotFound:
        return None


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _refused(certificate: x509.Certificate, what: str, advice: str = "Make a new proxy.") -> CertificateRefused:
    return CertificateRefused(f"The certificate {slashed(certificate.subject)} {what}.", advice)
