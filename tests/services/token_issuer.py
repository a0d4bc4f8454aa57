"""An issuer of tokens for tests: keys that rotate, any claims, and over https discovery and the device flow."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

ANY = "https://wlcg.cern.ch/jwt/v1/any"


class Issuer:
    """Makes tokens and answers for their keys. `asked`: the addresses that were fetched."""

    def __init__(self, url: str = "https://issuer.example/") -> None:
        self.url = url
        self.keys: list[RSAKey | ECKey] = []
        self.asked: list[str] = []
        self.silent = False
        self.approved = threading.Event()
        self.refreshed = 0
        self.rotate()

    def rotate(self, *, drop: bool = False) -> None:
        """New keys; the old ones stay published unless they are dropped."""
        if drop:
            self.keys.clear()
        number = len(self.asked) + len(self.keys)
        self.keys.insert(0, ECKey.generate_key("P-256", {"kid": f"ec{number}", "use": "sig"}))
        self.keys.insert(0, RSAKey.generate_key(2048, {"kid": f"rsa{number}", "use": "sig"}))

    def claims(self, now: float, **changes: Any) -> dict[str, Any]:
        """Those of a good WLCG token; None takes one away."""
        usual = {
            "iss": self.url,
            "sub": "alice",
            "aud": ANY,
            "iat": int(now),
            "nbf": int(now) - 60,
            "exp": int(now) + 3600,
            "jti": "1",
            "wlcg.ver": "1.0",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def token(
        self, now: float, *, key: RSAKey | ECKey | None = None, header: Mapping[str, Any] | None = None, **changes: Any
    ) -> str:
        """A signed token with these claims changed (dots in names as `__`)."""
        key = key or self.keys[0]
        named = {name.replace("__", "."): value for name, value in changes.items()}
        head = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "kid": key.kid, "typ": "JWT"} | dict(
            header or {}
        )
        return jws.serialize_compact(head, json.dumps(self.claims(now, **named)), key)

    def fetch(self, url: str) -> bytes:
        """What its addresses answer."""
        self.asked.append(url)
        if self.silent:
            raise ConnectionError("no route to host")
        base = self.url.rstrip("/")
        if url == f"{base}/.well-known/openid-configuration":
            found = {"issuer": self.url, "jwks_uri": f"{base}/jwk", "token_endpoint": f"{base}/token"}
            found["device_authorization_endpoint"] = f"{base}/device"
            return json.dumps(found).encode()
        if url == f"{base}/jwk":
            return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()
        raise ConnectionError("404")

    def grant(self, path: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The device flow (RFC 8628) and refresh, for the client `gridwms`."""
        if form.get("client_id") != "gridwms":
            return 401, {"error": "invalid_client"}
        if path == "/device":
            where = f"{self.url.rstrip('/')}/activate"
            return 200, {
                "device_code": "d",
                "user_code": "ABCD",
                "verification_uri": where,
                "expires_in": 60,
                "interval": 0,
            }
        if form["grant_type"].endswith("device_code") and not self.approved.is_set():
            return 400, {"error": "authorization_pending"}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] != f"r{self.refreshed}":
                return 400, {"error": "invalid_grant"}
            self.refreshed += 1
        token = self.token(time.time(), jti=str(self.refreshed), aud=form.get("audience") or ANY)
        return 200, {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": f"r{self.refreshed}",
        }


@contextmanager
def over_https(directory: Path, host: tuple[Path, Path] | None = None) -> Iterator[tuple[Issuer, Path]]:
    """The issuer behind a port of this machine, and the certificate to trust. `host`: a certificate of `localhost`
    and its key; else it makes them itself."""
    certificate, key = host or (_certificate(directory), directory / "issuer.key")

    class Handler(BaseHTTPRequestHandler):
        issuer: ClassVar[Issuer]

        def do_GET(self) -> None:
            try:
                # A-REX asks for the whole URL, as one does of a proxy
                path = urlsplit(self.path).path
                self._answer(200, self.issuer.fetch(f"{self.issuer.url.rstrip('/')}{path}"))
            except ConnectionError:
                self._answer(404, b"{}")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, answer = self.issuer.grant(self.path, {name: values[0] for name, values in parse_qs(body).items()})
            self._answer(status, json.dumps(answer).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Handler.issuer = Issuer(f"https://{'localhost' if host else '127.0.0.1'}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Handler.issuer, certificate
    server.shutdown()
    thread.join()
    server.server_close()


def _certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8
    (directory / "issuer.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    )
    path = directory / "issuer.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path
