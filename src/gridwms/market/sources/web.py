"""A document of an information system: over http or https, or in a file. What has not changed is not sent again."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from gridwms.market.source import SourceError

_MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a document. `url`: http, https or file, or a path. `timeout`: seconds for the whole of it.

    `authority`: PEM of whom to trust; empty: whom this machine trusts. `certificate` and `key`: PEM to show (a proxy
    has both in one file). `token_file`: a bearer token, read anew each time.
    """

    url: str
    timeout: float = 60.0
    authority: str = ""
    certificate: str = ""
    key: str = ""
    token_file: str = ""
    accept: str = "application/json"


@dataclass(slots=True)
class Document:
    """One document, asked for round after round. `content`: as it is now."""

    access: Access
    content: bytes = b""
    kind: str = ""
    _marks: dict[str, str] = field(default_factory=dict)

    def changed(self) -> bool:
        """Ask for it; whether it is another one than last time. Raises SourceError."""
        path = _path(self.access.url)
        return self._read(path) if path is not None else self._ask()

    def forget(self) -> None:
        """It could not be used: the next time it is sent whole again."""
        self._marks, self.content = {}, b""

    def _read(self, path: Path) -> bool:
        try:
            content = path.read_bytes()
        except OSError as trouble:
            raise SourceError(f"cannot read {path}: {trouble.strerror or trouble}") from trouble
        if content == self.content:
            return False
        self.content = content
        return True

    def _ask(self) -> bool:
        access = self.access
        headers = {"Accept": access.accept, **self._marks}
        try:
            if access.token_file:
                headers["Authorization"] = f"Bearer {Path(access.token_file).read_text(encoding='ascii').strip()}"
            with (
                httpx.Client(verify=_trust(access), timeout=access.timeout, follow_redirects=True) as client,
                client.stream("GET", access.url, headers=headers) as answer,
            ):
                if answer.status_code == httpx.codes.NOT_MODIFIED and self.content:
                    return False
                if answer.status_code != httpx.codes.OK:
                    raise SourceError(f"{access.url} answers with status {answer.status_code} {answer.reason_phrase}")
                content = _whole(answer, access)
                kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                marks = {"If-None-Match": answer.headers.get("etag", "")}
                marks["If-Modified-Since"] = answer.headers.get("last-modified", "")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeDecodeError) as trouble:
            words = str(trouble) or type(trouble).__name__
            raise SourceError(f"{access.url} does not answer as it should: {words}") from trouble
        self._marks = {name: mark for name, mark in marks.items() if mark}
        if content == self.content and kind == self.kind:
            return False
        self.content, self.kind = content, kind
        return True


def _whole(answer: httpx.Response, access: Access) -> bytes:
    """All of it: a server that sends a byte now and then would keep every single time-out."""
    end = time.monotonic() + access.timeout
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > end:
            raise SourceError(f"{access.url}: no whole answer within {access.timeout:g} s")
        if size > _MOST_BYTES:
            raise SourceError(f"{access.url}: its answer is longer than {_MOST_BYTES >> 20} MB")
    return b"".join(pieces)


def _trust(access: Access) -> ssl.SSLContext | bool:
    if not access.url.startswith("https:"):
        return False
    path = Path(access.authority) if access.authority else None
    context = ssl.create_default_context(
        cafile=str(path) if path is not None and not path.is_dir() else None,
        capath=str(path) if path is not None and path.is_dir() else None,
    )
    if access.certificate:
        context.load_cert_chain(access.certificate, access.key or None)
    return context


def _path(url: str) -> Path | None:
    """The file that is meant; None: it is in the web."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        return None
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)
