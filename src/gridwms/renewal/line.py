"""A TLS connection on which we show a credential that lies in memory, to a server that is judged as all chains are.

Python's own `ssl` takes keys from files alone, and refuses proxies. One deadline holds for the whole conversation.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from gridwms.renewal.errors import Unreachable
from gridwms.x509.chain import Chain
from gridwms.x509.credential import Credential
from gridwms.x509.errors import X509Error

Judge = Callable[[tuple[x509.Certificate, ...]], Chain]
"""Whom these certificates prove, or CertificateRefused."""

_PIECE = 1 << 16
_MOST = 1 << 20
"""Bytes of one answer."""


class Line:
    """Use as a context. `who`: how sentences call the server. `subject`: the name that it must have; empty: that of its
    host. Raises Unreachable, here and in every call."""

    def __init__(
        self, who: str, host: str, port: int, shown: Credential, judge: Judge, seconds: float, subject: str = ""
    ) -> None:
        self._who, self._end = who, time.monotonic() + seconds
        self._buffer = b""
        try:
            self._socket = socket.create_connection((host, port), timeout=min(seconds, 30.0))
        except OSError as error:
            raise Unreachable(f"{who} cannot be reached: {_words(error)}.") from error
        try:
            self._connection = SSL.Connection(_context(shown), None)
            self._connection.set_tlsext_host_name(host.encode("idna"))
            self._connection.set_connect_state()
            self._run(self._connection.do_handshake)
            self._check(host, judge, subject)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """All of it, in one record as these old servers want it."""
        self._run(self._connection.sendall, data)

    def read_until(self, mark: bytes) -> bytes:
        """What comes before `mark`, which is taken away."""
        while mark not in self._buffer:
            self._more()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def read(self, count: int) -> bytes:
        """So many bytes."""
        while len(self._buffer) < count:
            self._more()
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def read_all(self) -> bytes:
        """All until the other side hangs up."""
        while True:
            try:
                self._more()
            except _HungUp:
                found, self._buffer = self._buffer, b""
                return found

    def _more(self) -> None:
        if len(self._buffer) > _MOST:
            raise Unreachable(f"{self._who} answers with more than {_MOST} bytes.")
        self._buffer += self._run(self._connection.recv, _PIECE)

    def _run(self, what: Callable[..., Any], *arguments: Any) -> Any:
        try:
            while True:
                try:
                    return what(*arguments)
                except SSL.WantReadError:
                    self._flush()
                    self._feed()
                finally:
                    self._flush()
        except SSL.ZeroReturnError as error:
            raise _HungUp(f"{self._who} has hung up.") from error
        except SSL.Error as error:
            raise Unreachable(f"{self._who} does not speak TLS with us: {_reasons(error)}.") from error
        except TimeoutError as error:
            raise Unreachable(f"{self._who} does not answer in time.") from error
        except OSError as error:
            raise Unreachable(f"{self._who}: the connection broke off ({_words(error)}).") from error

    def _feed(self) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(_PIECE)
        if not data:
            raise _HungUp(f"{self._who} has hung up.")
        self._connection.bio_write(data)

    def _flush(self) -> None:
        while True:
            try:
                data = self._connection.bio_read(_PIECE)
            except SSL.WantReadError:
                return
            self._socket.settimeout(max(0.01, self._end - time.monotonic()))
            self._socket.sendall(data)

    def _check(self, host: str, judge: Judge, subject: str) -> None:
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        others = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        if leaf is None:
            raise Unreachable(f"{self._who} shows no certificate.")
        try:
            chain = judge(tuple(dict.fromkeys([leaf, *others])))
        except X509Error as error:
            raise Unreachable(f"{self._who} is not believed. {error.sentence}") from error
        if subject and chain.subject != subject:
            raise Unreachable(f"{self._who} shows the certificate of {chain.subject}, and not of {subject}.")
        if not subject and not _is_of(chain.end_entity, host):
            raise Unreachable(f"{self._who} shows the certificate of {chain.subject}, which is not that of its host.")


class _HungUp(Unreachable):
    """The other side has ended the conversation."""


def _context(shown: Credential) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    # Their servers are from before 1.3, where a refused client certificate shows only with the first answer.
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AES")
    context.use_certificate(shown.certificate)
    context.use_privatekey(shown.key)
    for one in shown.chain:
        context.add_extra_chain_cert(one)
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)  # judged after the handshake, by `judge`
    return context


def _is_of(certificate: x509.Certificate, host: str) -> bool:
    """Whether a certificate is of this host: by its alternative names, or as the grid names services."""
    wanted = host.lower()
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        # `host/ce.example.org`, `myproxy/px.example.org`
        return any(str(one.value).rpartition("/")[2].lower() == wanted for one in common[-1:])
    found = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    found += [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return wanted in found or any(one == f"*.{wanted.partition('.')[2]}" for one in found if "." in wanted)


def _words(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _reasons(error: SSL.Error) -> str:
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(reason[-1]) for reason in reasons) or "it breaks off"
