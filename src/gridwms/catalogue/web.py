"""Questions over HTTP, with time-outs and a limit on the answer; what goes wrong becomes a sentence."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from gridwms.catalogue.contract import CatalogueError

MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How the service shows who it is. Paths of PEM files; `authority`: whom to trust, "" whom this machine trusts."""

    certificate: str = ""
    key: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The beginning of the body on one line, for messages."""
        return " ".join(self.body[:300].decode("utf-8", "replace").split())


class Web:
    """One server. Used by several threads."""

    def __init__(self, url: str, timeout: float, credentials: Credentials | None = None) -> None:
        """`timeout` in seconds: of the connection and of each pause of an answer."""
        self.url = url.rstrip("/")
        self.host = urlsplit(url).netloc
        given = credentials or Credentials()
        verify: ssl.SSLContext | bool = True
        if url.startswith("https:"):
            verify = ssl.create_default_context(cafile=given.authority or None)
            if given.certificate:
                verify.load_cert_chain(given.certificate, given.key or given.certificate)
        # The environment must not lead questions elsewhere, nor may an answer.
        self._client = httpx.Client(timeout=timeout, verify=verify, trust_env=False, follow_redirects=False)

    def ask(
        self, method: str, path: str = "", headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        """One question. Raises CatalogueError when there is no whole answer."""
        try:
            with self._client.stream(method, self.url + path, headers=headers, content=content) as response:
                pieces: list[bytes] = []
                left = MOST_BYTES
                for piece in response.iter_bytes():
                    left -= len(piece)
                    if left < 0:
                        raise CatalogueError(f"{self.host} answers with more than {MOST_BYTES:,} bytes")
                    pieces.append(piece)
                return Answer(response.status_code, response.headers, b"".join(pieces))
        except httpx.TimeoutException as trouble:
            raise CatalogueError(f"{self.host} does not answer in time") from trouble
        except (httpx.HTTPError, httpx.InvalidURL) as trouble:
            raise CatalogueError(f"{self.host} cannot be asked: {trouble}") from trouble

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
