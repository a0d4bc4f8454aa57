"""A client of MyProxy: a proxy is fetched for an old one that proves what is to be renewed, or for a pass phrase.

The protocol (MYPROXYv2) was taken from the server's 6.2: after the handshake the client sends "0", then requests and
answers are lines `NAME=value` that end with a NUL. When the server asks for more proof it sends challenges; the answer
is the method, the signature over the challenge, and the chain of the old proxy. Then follows a delegation in DER.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding

from gridwms.renewal.errors import RenewalFailed
from gridwms.renewal.line import Judge, Line
from gridwms.x509.credential import Credential, Key, belongs, new_key, request_for

PORT = 7512
SECONDS = 36_000
"""How long a renewed proxy lasts (gLite reference §7.7)."""
_GET = 0
_OK, _ERROR, _MORE = "0", "1", "2"
_METHODS: dict[str, tuple[int, hashes.HashAlgorithm]] = {
    "X509_certificate_SHA256": (4, hashes.SHA256()),
    "X509_certificate": (2, hashes.SHA1()),  # noqa: S303 - what older servers take
}
"""By the name of a challenge: its number, and what is signed with. The better one first."""
_MOST_CERTIFICATES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MyProxy:
    """Servers as we ask them. `shown`: the credential of this service now. `timeout`: for one whole conversation, in
    seconds."""

    shown: Callable[[], Credential]
    judge: Judge
    timeout: float = 120.0
    key: Callable[[], Key] = new_key

    def renew(self, server: str, owner: str, old: Credential, seconds: int = SECONDS) -> Credential:
        """A new proxy of `owner` (the name of a certificate), for an old one that has not run out.

        Raises RenewalFailed, Unreachable.
        """
        return self._get(server, {"USERNAME": owner, "PASSPHRASE": "", "LIFETIME": str(seconds)}, old)

    def fetch(self, server: str, user: str, passphrase: str, seconds: int = SECONDS) -> Credential:
        """What is stored as `user` under a pass phrase. Raises RenewalFailed, Unreachable."""
        return self._get(server, {"USERNAME": user, "PASSPHRASE": passphrase, "LIFETIME": str(seconds)}, None)

    def _get(self, server: str, fields: Mapping[str, str], old: Credential | None) -> Credential:
        host, port = address_of(server)
        who = f"MyProxy server {server}"
        if any("\n" in value or "\0" in value for value in fields.values()):
            raise RenewalFailed(f"{who}: a name with a line end cannot be asked for.")
        lines = [f"VERSION=MYPROXYv2\nCOMMAND={_GET}\n", *(f"{name}={value}\n" for name, value in fields.items())]
        with Line(who, host, port, self.shown(), self.judge, self.timeout) as line:
            line.send(b"0")
            line.send("".join(lines).encode() + b"\0")
            answer = _answer(line, who)
            while answer["RESPONSE"] == _MORE:
                if old is None:
                    raise RenewalFailed(f"{who} wants another proof than a pass phrase.")
                line.send(_proof(answer.get("AUTHORIZATION_DATA", ""), old, who))
                old = None
                answer = _answer(line, who)
            key = self.key()
            line.send(_der_request(key))
            return _read_chain(line, key, who)


def address_of(server: str) -> tuple[str, int]:
    """Host and port of `host[:port]`."""
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        return server.strip("[]"), PORT
    return host.strip("[]"), int(port)


def _answer(line: Line, who: str) -> dict[str, str]:
    """The lines of an answer by name; those of one name, such as errors, joined. Raises RenewalFailed."""
    text = line.read_until(b"\0").decode("utf-8", "replace")
    found: dict[str, str] = {}
    for each in text.splitlines():
        name, equals, value = each.partition("=")
        if equals:
            found[name] = f"{found[name]}\n{value}" if name in found else value
    if found.get("VERSION") != "MYPROXYv2" or found.get("RESPONSE") not in (_OK, _ERROR, _MORE):
        raise RenewalFailed(f"{who} does not speak MyProxy: {_short(text)!r}.")
    if found["RESPONSE"] == _ERROR:
        raise RenewalFailed(f"{who} refuses: {_short(found.get('ERROR', 'it gives no reason'))}.")
    return found


def _proof(offered: str, old: Credential, who: str) -> bytes:
    """The answer to the best challenge that is offered."""
    challenges = dict(each.partition(":")[::2] for each in offered.splitlines())
    name = next((each for each in _METHODS if each in challenges), None)
    if name is None:
        raise RenewalFailed(
            f"{who} takes no old proxy as a proof; does it let this service renew (authorized_renewers)?"
        )
    challenge, (number, hash_) = challenges[name].encode(), _METHODS[name]
    if isinstance(old.key, ec.EllipticCurvePrivateKey):
        signature = old.key.sign(challenge, ec.ECDSA(hash_))
    else:
        signature = old.key.sign(challenge, padding.PKCS1v15(), hash_)
    chain = (old.certificate, *old.chain)
    certificates = b"".join(one.public_bytes(Encoding.DER) for one in chain)
    # The number in the order of the server's machine, which is the little one everywhere by now; lengths in the other.
    return (
        number.to_bytes(4, "little")
        + len(signature).to_bytes(4, "big")
        + signature
        + bytes([len(chain)])
        + certificates
    )


def _der_request(key: Key) -> bytes:
    return x509.load_pem_x509_csr(request_for(key)).public_bytes(Encoding.DER)


def _read_chain(line: Line, key: Key, who: str) -> Credential:
    """How many certificates, then these, the new one first."""
    [count] = line.read(1)
    if count > _MOST_CERTIFICATES or count == 0:
        # an answer in words stands where the certificates should
        rest = bytes([count]) + (line.read_until(b"\0") if count else b"")
        raise RenewalFailed(f"{who} sends no proxy: {_short(rest.decode('utf-8', 'replace'))!r}.")
    try:
        first, *above = [x509.load_der_x509_certificate(_read_der(line)) for _ in range(count)]
    except ValueError as error:
        raise RenewalFailed(f"{who} sends what is no certificate.") from error
    if not belongs(first, key):
        raise RenewalFailed(f"{who} sends a certificate for another key than the one that was asked for.")
    return Credential(first, key, tuple(above))


def _read_der(line: Line) -> bytes:
    """One object in DER, whose head tells its length. ValueError: it is none."""
    head = line.read(2)
    if head[0] != 0x30:
        raise ValueError("no SEQUENCE")
    if head[1] < 0x80:
        return head + line.read(head[1])
    size = head[1] & 0x7F
    if not 1 <= size <= 3:
        raise ValueError("a length that nothing has")
    length = line.read(size)
    count = int.from_bytes(length, "big")
    if count > 1 << 17:
        raise ValueError("larger than any certificate")
    return head + length + line.read(count)


def _short(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:300].rstrip(".")
