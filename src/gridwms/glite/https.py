"""HTTPS with the user's proxy or token: calls of SOAP, files there and back."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from gridwms.client.errors import LocalFile
from gridwms.client.find import Address, is_loopback
from gridwms.client.transport import tls_context
from gridwms.glite.failure import Failure
from gridwms.glite.user import User

CONNECT = 10.0
"""Seconds to wait for a connection."""
ANSWER = 300.0
"""Seconds to wait for an answer where the configuration says nothing."""


class NotReached(Exception):
    """There was no answer; a reason. `sent`: the request may have arrived."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Https:
    """`trusted`: hosts that the user or the configuration names: only they are shown a token. `verify`: whether
    servers must prove who they are."""

    def __init__(self, user: User, trusted: frozenset[str] = frozenset(), *, verify: bool = True) -> None:
        self._user, self._trusted, self._verify = user, trusted, verify
        self._clients: dict[bool, httpx.Client] = {}
        self._context: ssl.SSLContext | None = None

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            client.close()

    def warm(self, url: str) -> None:
        """Make what requests to this address need, before several threads make them."""
        self._client(url)

    def post(self, url: str, content: bytes, timeout: float | None = None) -> bytes:
        """A call and its answer; of faults too. Raises NotReached."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'} | self._headers(url)
        with _reasons():
            limit = httpx.Timeout(timeout or ANSWER, connect=min(CONNECT, timeout or CONNECT))
            answer = self._client(url).post(url, content=content, headers=headers, timeout=limit)
        if answer.status_code not in (200, 500):
            raise NotReached(f"HTTP status {answer.status_code}", sent=True)
        return answer.content

    def put(self, url: str, path: Path, timeout: float | None = None) -> None:
        """Send a file. Raises NotReached; the reason is what the service says."""
        size = path.stat().st_size
        with _reasons(), path.open("rb") as file:
            headers = {"Content-Length": str(size)} | self._headers(url)
            limit = httpx.Timeout(timeout or ANSWER, connect=CONNECT)
            content = iter(lambda: file.read(1 << 20), b"")
            answer = self._client(url).put(url, content=content, headers=headers, timeout=limit)
        if answer.is_error:
            raise NotReached(_said(answer), sent=True)

    def get(self, url: str, path: Path, timeout: float | None = None) -> None:
        """Fetch a file; it is there whole or not at all. Raises NotReached, OSError."""
        draft = path.with_name(f".{path.name}.part")
        limit = httpx.Timeout(timeout or ANSWER, connect=CONNECT)
        try:
            with _reasons(), self._client(url).stream("GET", url, headers=self._headers(url), timeout=limit) as answer:
                if answer.is_error:
                    answer.read()
                    raise NotReached(_said(answer), sent=True)
                with draft.open("wb") as file:
                    for part in answer.iter_bytes():
                        file.write(part)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _headers(self, url: str) -> dict[str, str]:
        shown = self._user.token and urlsplit(url).hostname in self._trusted
        return {"Authorization": f"Bearer {self._user.token}"} if shown else {}

    def _client(self, url: str) -> httpx.Client:
        if urlsplit(url).scheme != "https" and not is_loopback(url):
            raise NotReached(f"{url} is no https address", sent=False)
        near = is_loopback(url)
        if near not in self._clients:
            self._clients[near] = httpx.Client(verify=self._tls(), trust_env=not near, follow_redirects=False)
        return self._clients[near]

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = tls_context(Address("", proxy=self._user.proxy))
            except (LocalFile, OSError) as error:
                raise Failure("Proxy File Error", str(error)) from error
            if not self._verify:
                self._context.check_hostname = False
                self._context.verify_mode = ssl.CERT_NONE
        return self._context


@contextlib.contextmanager
def _reasons() -> Iterator[None]:
    """Errors of the network as one sentence each."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise NotReached("connection timed out", sent=False) from error
    except httpx.ConnectError as error:
        raise NotReached(str(error).removeprefix("[Errno 111] ") or "no connection", sent=False) from error
    except httpx.TimeoutException as error:
        raise NotReached("no answer in time", sent=True) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotReached(str(error) or type(error).__name__, sent=True) from error


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {answer.status_code}"
