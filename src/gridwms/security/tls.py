"""TLS that asks clients for their certificates and hands them on unjudged: `chain.verify` judges them.

Python's own `ssl` judges within the handshake: it cannot take proxies from before RFC 3820, reads CRLs and authorities
once, and all a client learns is "alert 45". Here the handshake proves only that the other side holds the key of its
first certificate; what is wrong with the chain is then an answer that people can read. asyncio and uvloop ask a context
for an object between two buffers; this one is pyOpenSSL's connection in that shape.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from gridwms.security.renewed import Renewed
from gridwms.x509.chain import MOST_SHOWN

_PIECE = 1 << 16
_HEAD = 5
"""Bytes before a record of TLS, the last two its length."""
_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"


class ProxyContext(ssl.SSLContext):
    """A server's context with its certificate chain and key (PEM files), which are read again when they change. TLS 1.2
    and newer. OSError and ValueError when the files are of no use.
    """

    _contexts: Renewed[SSL.Context]

    def __new__(cls, certificate: Path, key: Path) -> ProxyContext:
        made: ProxyContext = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        return made

    def __init__(self, certificate: Path, key: Path) -> None:
        self._contexts = Renewed((certificate, key), lambda: _context(certificate, key))

    def wrap_bio(self, incoming: Any, outgoing: Any, *_: Any, **__: Any) -> Any:
        """The object that asyncio drives."""
        return Wire(self._contexts.now, incoming, outgoing)


class Wire:
    """One connection: `ssl.SSLObject` as far as asyncio and uvloop use it."""

    def __init__(self, context: SSL.Context, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()
        self._incoming = incoming
        self._outgoing = outgoing
        self._ended = False
        self._head = b""
        self._left = 0

    @property
    def chain(self) -> tuple[bytes, ...]:
        """What the client showed, DER, the certificate whose key it holds first; empty when it showed nothing."""
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        if leaf is None:
            return ()
        others = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        certificates = dict.fromkeys([leaf, *others])
        return tuple(_der(certificate) for certificate in certificates)

    def do_handshake(self) -> None:
        """One step of it."""
        self._run(self._connection.do_handshake)

    def read(self, size: int = _PIECE, buffer: Any = None) -> Any:
        """Up to `size` bytes, into `buffer` when given; nothing at the end."""
        if buffer is None:
            try:
                return self._run(self._connection.recv, size)
            except ssl.SSLZeroReturnError:
                return b""
        try:
            return self._run(self._connection.recv_into, buffer, min(size, len(buffer)) if size else len(buffer))
        except ssl.SSLZeroReturnError:
            return 0

    def write(self, data: Any) -> int:
        """As much of `data` as was taken."""
        return int(self._run(self._connection.send, bytes(data)))

    def unwrap(self) -> None:
        """Say goodbye, and hear the other's."""
        if not self._run(self._connection.shutdown) and not self._incoming.eof:
            raise ssl.SSLWantReadError

    def pending(self) -> int:
        """Bytes that were decrypted and not read."""
        return self._connection.pending()

    def getpeercert(self, binary_form: bool = False) -> Any:
        """As `ssl` answers for a certificate that it has not judged."""
        chain = self.chain
        return (chain[0] if chain else None) if binary_form else ({} if chain else None)

    def cipher(self) -> tuple[str, str, int] | None:
        """Name, protocol and bits."""
        name = self._connection.get_cipher_name()
        version = self._connection.get_cipher_version() or ""
        return (name, version, self._connection.get_cipher_bits() or 0) if name else None

    def compression(self) -> None:
        """None, always."""

    def version(self) -> str:
        """Of TLS."""
        return self._connection.get_protocol_version_name()

    def selected_alpn_protocol(self) -> None:
        """None: HTTP/1.1."""

    def _run(self, what: Any, *arguments: Any) -> Any:
        try:
            while True:
                try:
                    return what(*arguments)
                except SSL.WantReadError:
                    if not self._feed():
                        raise
        except SSL.WantReadError as error:
            if self._ended:
                raise ssl.SSLEOFError(8, "the other side went away within the connection") from error
            raise ssl.SSLWantReadError(2, "more is needed") from error
        except SSL.WantWriteError as error:
            raise ssl.SSLWantWriteError(3, "more room is needed") from error
        except SSL.ZeroReturnError as error:
            raise ssl.SSLZeroReturnError(6, "the other side said goodbye") from error
        except SSL.SysCallError as error:
            raise ssl.SSLEOFError(8, "the other side went away within the connection") from error
        except SSL.Error as error:
            raise ssl.SSLError(1, _words(error)) from error
        finally:
            self._drain()

    def _feed(self) -> bool:
        """Hand on a piece of one record at most; whether there was some.

        No more than that: what lies in `incoming` is what asyncio and uvloop know to be left to read.
        """
        if not self._incoming.pending:
            if self._incoming.eof and not self._ended:
                self._ended = True
                self._connection.bio_shutdown()
                return True
            return False
        if not self._left:
            self._head += self._incoming.read(_HEAD - len(self._head))
            if len(self._head) < _HEAD:
                return False
            piece, self._head = self._head, b""
            self._left = int.from_bytes(piece[3:5], "big")
        else:
            piece = self._incoming.read(self._left)
            self._left -= len(piece)
        self._connection.bio_write(piece)
        return True

    def _drain(self) -> None:
        while True:
            try:
                self._outgoing.write(self._connection.bio_read(_PIECE))
            except SSL.WantReadError:
                return


def _context(certificate: Path, key: Path) -> SSL.Context:
    for path in (certificate, key):
        with path.open("rb"):
            pass
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    # A resumed session would come without the chain.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    try:
        context.use_certificate_chain_file(str(certificate))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
    except SSL.Error as error:
        raise ValueError(f"{certificate} and {key} are no certificate and key that go together") from error
    context.set_verify(SSL.VERIFY_PEER, _taken)
    context.set_verify_depth(MOST_SHOWN)
    return context


def _taken(*_: Any) -> bool:
    """Every certificate is taken here: who it proves is decided by `chain.verify`."""
    return True


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _words(error: SSL.Error) -> str:
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(reason[-1] for reason in reasons) or "the TLS connection failed"
