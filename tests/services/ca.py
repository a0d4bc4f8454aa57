"""A certificate authority of the tests' own, as grid services want it: hosts, users, RFC 3820 proxies, CRLs, a gridmap,
and a folder of trusted certificates by hash."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANISATION = "/DC=org/DC=example-grid"
"""Also the name of the authority: ARC 6 takes VOMS attributes only of users whose names begin with it."""
INHERIT_ALL = "1.3.6.1.5.5.7.21.1"
LIMITED = "1.3.6.1.4.1.3536.1.1.1.9"
_PROXY_CERT_INFO = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")
_PARTS = {"DC": NameOID.DOMAIN_COMPONENT, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}
_YEAR = 365 * 86400


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its key as files in PEM, and its name in the form `/DC=org/CN=...`."""

    certificate: Path
    key: Path
    subject: str


class Authority:
    """`folder` gets ca.pem, certificates/, hosts/, users/; all but the keys may be read by everybody."""

    def __init__(self, folder: Path, name: str = ORGANISATION) -> None:
        self.folder, self.name = folder, name
        self.certificates = folder / "certificates"
        self.certificates.mkdir(parents=True)
        self._key = _new_key()
        self._revoked: list[x509.Certificate] = []
        public = self._key.public_key()
        identity = x509.SubjectKeyIdentifier.from_public_key(public)
        builder = _builder(name_of(name), name_of(name), public, -3600, 10 * _YEAR)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(sign=True), critical=True).add_extension(identity, critical=False)
        self.certificate = builder.sign(self._key, hashes.SHA256())
        self.file = folder / "ca.pem"
        self.file.write_bytes(_pem(self.certificate))
        self._hashes = [_hash(self.file, kind) for kind in ("subject_hash", "subject_hash_old")]
        for one in self._hashes:
            (self.certificates / f"{one}.0").write_bytes(_pem(self.certificate))
            (self.certificates / f"{one}.signing_policy").write_text(
                f"access_id_CA  X509    '{name}'\npos_rights    globus  CA:sign\n"
                f"cond_subjects globus  '\"{ORGANISATION}/*\"'\n"
            )
        self.write_crl()

    def host(self, name: str = "localhost", begins: float = -300, ends: float = _YEAR) -> Credential:
        """One for a server; times in seconds from now."""
        names = [x509.DNSName(one) for one in dict.fromkeys((name, "localhost"))]
        address = x509.IPAddress(ip_address("127.0.0.1"))
        extra = x509.SubjectAlternativeName([*names, address])
        return self._issue(f"hosts/{name}", "host", f"{ORGANISATION}/O=Hosts/CN={name}", begins, ends, extra)

    def user(self, name: str, begins: float = -300, ends: float = _YEAR) -> Credential:
        """One for a person."""
        subject = f"{ORGANISATION}/O=Users/CN={name.capitalize()} Tester"
        return self._issue(f"users/{name}", "user", subject, begins, ends, None)

    def revoke(self, credential: Credential) -> None:
        """Take it back, in a new CRL."""
        self._revoked.append(x509.load_pem_x509_certificate(credential.certificate.read_bytes()))
        self.write_crl()

    def write_crl(self) -> None:
        """What is revoked, for 30 days."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now - timedelta(minutes=5)).next_update(now + timedelta(days=30))
        for one in self._revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(now)
            builder = builder.add_revoked_certificate(entry.build())
        text = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        for one_hash in self._hashes:
            (self.certificates / f"{one_hash}.r0").write_bytes(text)

    def _issue(
        self, place: str, stem: str, subject: str, begins: float, ends: float, names: x509.SubjectAlternativeName | None
    ) -> Credential:
        folder = self.folder / place
        folder.mkdir(parents=True, exist_ok=True)
        key = _new_key()
        builder = _builder(name_of(subject), self.certificate.subject, key.public_key(), begins, ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(sign=False), critical=True)
        # VOMS makes what names the signer of its attribute certificates of what its own certificate has.
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])]
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        made = Credential(folder / f"{stem}cert.pem", folder / f"{stem}key.pem", subject)
        made.certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        _write_secret(made.key, _key_pem(key))
        return made


def proxy(
    credential: Credential | Path,
    out: Path,
    *,
    begins: float = -300,
    ends: float = 12 * 3600,
    policy: str = INHERIT_ALL,
) -> Path:
    """Write an RFC 3820 proxy of a credential, or of another proxy's file: certificate, key, chain."""
    if isinstance(credential, Path):
        text, key_text = credential.read_bytes(), credential.read_bytes()
    else:
        text, key_text = credential.certificate.read_bytes(), credential.key.read_bytes()
    chain = x509.load_pem_x509_certificates(text)
    signer = serialization.load_pem_private_key(key_text, None)
    assert isinstance(signer, rsa.RSAPrivateKey)
    key, issuer = _new_key(), chain[0].subject
    serial = x509.random_serial_number() >> 96
    subject = x509.Name([*issuer, x509.NameAttribute(NameOID.COMMON_NAME, str(serial))])
    builder = _builder(subject, issuer, key.public_key(), begins, ends, serial)
    builder = builder.add_extension(_usage(sign=False), critical=True)
    language = _der(0x30, _der(0x30, _oid(policy)))
    builder = builder.add_extension(x509.UnrecognizedExtension(_PROXY_CERT_INFO, language), critical=True)
    made = builder.sign(signer, hashes.SHA256())
    _write_secret(out, b"".join((_pem(made), _key_pem(key), *map(_pem, chain))))
    return out


def gridmap(path: Path, accounts: dict[str, str]) -> Path:
    """Names of users to accounts of the machine."""
    path.write_text("".join(f'"{subject}" {account}\n' for subject, account in accounts.items()))
    return path


def name_of(text: str) -> x509.Name:
    """`/DC=org/O=Users/CN=Alice` as a name."""
    words = [word.split("=", 1) for word in text.strip("/").split("/")]
    return x509.Name([x509.NameAttribute(_PARTS[kind], value) for kind, value in words])


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPublicKey,
    begins: float,
    ends: float,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    builder = builder.serial_number(x509.random_serial_number() if serial is None else serial)
    return builder.not_valid_before(now + timedelta(seconds=begins)).not_valid_after(now + timedelta(seconds=ends))


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(not sign, False, not sign, not sign, False, sign, sign, False, False)


def _hash(file: Path, kind: str) -> str:
    words = ["openssl", "x509", "-noout", f"-{kind}", "-in", str(file)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: rsa.RSAPrivateKey) -> bytes:
    """In the traditional form: the parsers of Globus want it."""
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _write_secret(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(data)


def _der(kind: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes((kind, len(body))) + body


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    body = bytes((40 * first + second,))
    for number in rest:
        part = bytes((number & 0x7F,))
        while number := number >> 7:
            part = bytes((0x80 | number & 0x7F,)) + part
        body += part
    return _der(6, body)
