"""A MyProxy server as it is on bad days: it speaks the protocol, and goes wrong where the test says."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from gridwms.x509.credential import Credential as Held
from gridwms.x509.credential import read_credential, sign_request
from gridwms.x509.pem import certificates_in
from tests.services.ca import Credential

_CHALLENGE = "0123456789abcdef0123456789abcdef"


@dataclass
class FakeMyProxy:
    """`how`: "" well, or how it goes wrong: slow, garbage, hangs up, other (another's proxy), words."""

    server: str
    stored: dict[str, Held]
    passphrases: dict[str, str]
    how: str = ""
    asked: int = 0

    def store(self, user: Credential, *, passphrase: str = "", name: str = "") -> None:
        raw = user.certificate.read_bytes() + user.key.read_bytes()
        self.stored[name or user.subject] = read_credential(raw, "user")
        if passphrase:
            self.passphrases[name] = passphrase

    def serve(self, line: ssl.SSLSocket) -> None:
        """One conversation."""
        if line.recv(1) != b"0":
            return
        self.asked += 1
        fields = dict(each.partition("=")[::2] for each in _until_nul(line).splitlines())
        if self.how == "slow":
            line.recv(1)
        if self.how == "garbage":
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n<html>\0")
        if self.how in ("garbage", "hangs up"):
            return
        refusal = self._refusal(line, fields)
        _say(line, "1" if refusal else "0", *([f"ERROR={refusal}"] if refusal else []))
        if refusal:
            return
        request = x509.load_der_x509_csr(line.recv(1 << 16)).public_bytes(Encoding.PEM)
        held = self.stored["other" if self.how == "other" else fields["USERNAME"]]
        chain = certificates_in(sign_request(request, held, datetime.now(UTC)), "the chain")
        if self.how == "words":
            _say(line, "1", "ERROR=the disk is full")
            return
        line.sendall(bytes([len(chain)]))
        line.sendall(b"".join(one.public_bytes(Encoding.DER) for one in chain))
        _say(line, "0")

    def _refusal(self, line: ssl.SSLSocket, fields: dict[str, str]) -> str:
        name = fields["USERNAME"]
        if name not in self.stored:
            return f'No credentials exist for username "{name}".'
        if not fields["PASSPHRASE"]:
            _say(line, "2", f"AUTHORIZATION_DATA=X509_certificate_SHA256:{_CHALLENGE}")
            return "" if self._proved(line, name) else "authentication failed"
        return "" if self.passphrases.get(name) == fields["PASSPHRASE"] else "invalid pass phrase"

    def _proved(self, line: ssl.SSLSocket, name: str) -> bool:
        raw = line.recv(1 << 16)
        size = int.from_bytes(raw[4:8], "big")
        leaf = x509.load_der_x509_certificate(raw[9 + size :][: _length(raw[9 + size :])])
        key = leaf.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(raw[8 : 8 + size], _CHALLENGE.encode(), padding.PKCS1v15(), SHA256())
        subject = self.stored[name].certificate.subject.rdns
        return raw[:4] == b"\x04\0\0\0" and leaf.subject.rdns[: len(subject)] == subject


@contextmanager
def running(certificate: Path, key: Path) -> Iterator[FakeMyProxy]:
    """One that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    fake = FakeMyProxy(f"localhost:{listener.getsockname()[1]}", {}, {})

    def accept() -> None:
        while True:
            try:
                plain = listener.accept()[0]
            except OSError:
                return
            with suppress(OSError, ValueError), plain, context.wrap_socket(plain, server_side=True) as line:
                line.settimeout(5)
                fake.serve(line)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _say(line: ssl.SSLSocket, response: str, *more: str) -> None:
    text = "\n".join(("VERSION=MYPROXYv2", f"RESPONSE={response}", *more))
    line.sendall(f"{text}\n\0".encode())


def _until_nul(line: ssl.SSLSocket) -> str:
    text = b""
    while not text.endswith(b"\0"):
        text += line.recv(1 << 16)
    return text[:-1].decode()


def _length(der: bytes) -> int:
    return 4 + int.from_bytes(der[2:4], "big")
