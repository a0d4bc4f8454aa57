"""HTTP, and the only module that knows which library speaks it. Errors of the network leave as sentences."""

from __future__ import annotations

import contextlib
import itertools
import json as codec
import os
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx

from gridwms.client.calls import Call
from gridwms.client.endpoints import Endpoints
from gridwms.client.errors import ClientError, LocalFile, NotTrusted, ServiceFailed, ServiceUnreachable, from_answer
from gridwms.client.find import Address, is_loopback

T = TypeVar("T")
Params = Mapping[str, str | Sequence[str]]
CONNECT = 10.0
"""Seconds to wait for a connection."""
ANSWER = 120.0
"""Seconds to wait for an answer, or for its next bytes."""
STREAM = 40.0
"""Seconds without a sign of life (one comes every 15) after which an event stream is given up."""


class Transport:
    """Synchronous. Any number of threads may use one."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._endpoints = Endpoints(addresses, lambda address: httpx.Client(**_options(address)))
        self.turn_to = self._endpoints.turn_to
        self.apart = self._endpoints.apart

    @property
    def url(self) -> str:
        """The service that is asked now."""
        return self._endpoints.url

    @property
    def _http(self) -> httpx.Client:
        return self._endpoints.http

    def run(self, call: Call[T]) -> T:
        """Ask, the next service too where it may be done by any, and read the answer. Raises a ClientError."""
        for tried in itertools.count(1):
            try:
                return self._ask(call)
            except ClientError as error:
                if not self._endpoints.next_after(error, call, tried):
                    raise
        raise AssertionError("unreachable")

    def _ask(self, call: Call[T]) -> T:
        with _sentences(self.url):
            answer = self._http.request(
                call.method, call.path, params=call.params, content=_body(call), headers=_JSON | call.headers
            )
        return _read(call, answer)

    def send(self, path: str, content: Iterable[bytes], length: int) -> None:
        """Upload a file of `length` bytes."""
        with _sentences(self.url):
            answer = self._http.put(path, content=content, headers={"Content-Length": str(length)})
        _refuse_errors(answer)

    @contextlib.contextmanager
    def fetch(self, path: str) -> Iterator[Iterator[bytes]]:
        """Download a file in parts."""
        with _sentences(self.url), self._http.stream("GET", path) as answer:
            if answer.is_error:
                answer.read()
                _refuse_errors(answer)
            yield answer.iter_bytes()

    @contextlib.contextmanager
    def lines(self, path: str, params: Params, timeout: float | None = None) -> Iterator[Iterator[str]]:
        """The lines of an event stream. `timeout`: seconds of silence, at most `STREAM`."""
        patience = httpx.Timeout(min(timeout or STREAM, STREAM), connect=CONNECT)
        with _sentences(self.url), self._http.stream("GET", path, params=params, timeout=patience) as answer:
            if answer.is_error:
                answer.read()
                _refuse_errors(answer)
            yield answer.iter_lines()

    def close(self) -> None:
        for http in self._endpoints.connections:
            http.close()


class AsyncTransport:
    """The same for asyncio."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._endpoints = Endpoints(addresses, lambda address: httpx.AsyncClient(**_options(address)))
        self.turn_to = self._endpoints.turn_to
        self.apart = self._endpoints.apart

    @property
    def url(self) -> str:
        """The service that is asked now."""
        return self._endpoints.url

    @property
    def _http(self) -> httpx.AsyncClient:
        return self._endpoints.http

    async def run(self, call: Call[T]) -> T:
        for tried in itertools.count(1):
            try:
                return await self._ask(call)
            except ClientError as error:
                if not self._endpoints.next_after(error, call, tried):
                    raise
        raise AssertionError("unreachable")

    async def _ask(self, call: Call[T]) -> T:
        with _sentences(self.url):
            answer = await self._http.request(
                call.method, call.path, params=call.params, content=_body(call), headers=_JSON | call.headers
            )
        return _read(call, answer)

    async def send(self, path: str, content: AsyncIterable[bytes], length: int) -> None:
        with _sentences(self.url):
            answer = await self._http.put(path, content=content, headers={"Content-Length": str(length)})
        _refuse_errors(answer)

    @contextlib.asynccontextmanager
    async def fetch(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        with _sentences(self.url):
            async with self._http.stream("GET", path) as answer:
                if answer.is_error:
                    await answer.aread()
                    _refuse_errors(answer)
                yield answer.aiter_bytes()

    @contextlib.asynccontextmanager
    async def lines(self, path: str, params: Params) -> AsyncIterator[AsyncIterator[str]]:
        patience = httpx.Timeout(STREAM, connect=CONNECT)
        with _sentences(self.url):
            async with self._http.stream("GET", path, params=params, timeout=patience) as answer:
                if answer.is_error:
                    await answer.aread()
                    _refuse_errors(answer)
                yield answer.aiter_lines()

    async def close(self) -> None:
        for http in self._endpoints.connections:
            await http.aclose()


_JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def _options(address: Address) -> dict[str, Any]:
    """Redirects are not followed: the token would go along. A proxy of the environment is none for this machine."""
    return {
        "base_url": address.url,
        "headers": {"Authorization": f"Bearer {address.token}"} if address.token else {},
        "timeout": httpx.Timeout(ANSWER, connect=CONNECT),
        "follow_redirects": False,
        "trust_env": not is_loopback(address.url),
        # Without TLS there is nothing to verify, and reading authorities takes its time.
        "verify": tls_context(address) if address.url.startswith("https:") else False,
    }


def tls_context(address: Address) -> ssl.SSLContext:
    """Trusts the authorities of this machine, or those of SSL_CERT_FILE, and those of the grid where they are.

    Shows the proxy of the address. Raises LocalFile when that is none.
    """
    context = ssl.create_default_context()
    authorities = Path(os.environ.get("X509_CERT_DIR") or "/etc/grid-security/certificates")
    if authorities.is_dir():
        context.load_verify_locations(capath=str(authorities))
    if address.proxy is not None:
        try:
            context.load_cert_chain(str(address.proxy), password=_no_password)
        except (OSError, ValueError) as error:
            raise LocalFile(
                f"The file {address.proxy} holds no proxy that can be used: {error}.",
                "Make a new one (voms-proxy-init).",
            ) from error
    return context


def _no_password() -> str:
    """A proxy's key has none; without this a prompt would wait for one."""
    raise ValueError("its key is protected by a pass phrase")


def _body(call: Call[Any]) -> bytes | None:
    return call.content if call.json is None else codec.dumps(call.json).encode("utf-8")


@contextlib.contextmanager
def _sentences(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise NotTrusted(
                f"The certificate of {url} is not one this machine trusts ({_tls_reason(error)}); nothing was sent.",
                "If it is the right service, let SSL_CERT_FILE name the certificate of its authority.",
            ) from error
        raise ServiceUnreachable(
            f"The service at {url} does not answer ({_cause(error)}).", "Is 'gridwms serve' running?", sent=False
        ) from error
    except httpx.TimeoutException as error:
        raise ServiceUnreachable(
            f"The service at {url} did not answer in time.", "Try again; if this lasts, look at its log."
        ) from error
    except httpx.HTTPError as error:
        raise ServiceUnreachable(
            f"The connection to the service at {url} broke: {_cause(error)}.", "Try again."
        ) from error


def _tls_reason(error: Exception) -> str:
    return str(error).rpartition("failed: ")[2].partition(" (_ssl")[0]


def _cause(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.removeprefix("[Errno 111] ")


def _refuse_errors(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        body = answer.json()
    except ValueError:
        body = None
    raise from_answer(answer.status_code, body, str(answer.url.copy_with(query=None)))


def _read(call: Call[T], answer: httpx.Response) -> T:
    _refuse_errors(answer)
    try:
        return call.read(answer.json() if answer.content else None)
    except ClientError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServiceFailed(
            f"What {answer.url.copy_with(query=None)} answers is not understood ({error!r}).",
            "Client and service may be of different versions.",
        ) from error
