"""The REST interface of A-REX, versions 1.0 and 1.1: all that speaks HTTP to an ARC computing element.

A bulk request names its jobs in JSON, and answers each of them with a status of its own. Where there is only one, or
none, the answer is no list (JSON made of XML); an empty answer is an empty list.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote

import httpx

from gridwms.sites.arc import trouble
from gridwms.sites.arc.credential import Credentials, Shown
from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.contract import SiteUnavailable
from gridwms.x509.credential import Credential, sign_request
from gridwms.x509.errors import BadCredential

_VERSIONS = ("1.1", "1.0")
_MOST_IDS = 10_000
_MOST_DOCUMENTS = 500

Answer = Mapping[str, Any]


class Showing(Protocol):
    """Who knows what is to be shown."""

    def now(self) -> Shown:
        """Raises BadCredential with a sentence."""


class Rest:
    """May be used by several threads. Every call may raise SiteUnavailable, with a sentence."""

    def __init__(
        self, settings: ArcSettings, clock: Callable[[], float] = time.time, credentials: Showing | None = None
    ) -> None:
        self._settings = settings
        self._credentials: Showing = credentials or Credentials(settings, clock)
        self._ours: set[str] | None = None if credentials is None else set()
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._shown: Shown | None = None
        self._version = ""
        self._delegated: tuple[str, tuple[int, int, int]] | None = None

    # ---- jobs

    def create(self, descriptions: Sequence[str]) -> list[Answer]:
        """Submit activity descriptions (ADL); an answer each, in their order."""
        body = "".join(("<ActivityDescriptions>", *descriptions, "</ActivityDescriptions>"))
        data = body.encode("utf-8", "surrogateescape")
        answer = self._call("POST", "/jobs?action=new", data, "application/xml", again=False)
        found = _several(_json(self, answer), "job")
        if len(found) != len(descriptions):
            raise self.unavailable(f"it answered {len(found)} of {len(descriptions)} submissions")
        return found

    def ids(self) -> list[str]:
        """All jobs of our identity."""
        return [str(one.get("id", "")) for one in _several(_json(self, self._call("GET", "/jobs")), "job")]

    def each(self, action: str, ids: Iterable[str]) -> list[Answer]:
        """`status`, `info`, `kill`, `clean` or `restart` of jobs; an answer each, with `id`."""
        wanted = list(ids)
        most = _MOST_DOCUMENTS if action == "info" else _MOST_IDS
        found: list[Answer] = []
        for begin in range(0, len(wanted), most):
            body = json.dumps({"job": [{"id": one} for one in wanted[begin : begin + most]]}).encode()
            answer = self._call("POST", f"/jobs?action={action}", body, "application/json")
            found += _several(_json(self, answer), "job")
        return found

    def remove(self, ids: Collection[str], over: Container[str] = ()) -> list[Answer]:
        """Clean jobs, whatever they are doing; `over`: those that have surely ended.

        A job that has not ended is ended first: by itself `clean` is a mark that A-REX looks at when the job is over.
        """
        live = [one for one in ids if one not in over]
        if live:
            self.each("kill", live)
        return self.each("clean", ids) if ids else []

    def file(self, job: str, path: str, most: int) -> bytes | None:
        """The first `most` bytes of `session/...` or `diagnose/...` of a job; None: it is not there."""
        headers = {"Range": f"bytes=0-{most - 1}", "Accept": "*/*"}
        answer = self._call("GET", f"/jobs/{quote(job)}/{quote(path)}", headers=headers, accept=(404, 416))
        if answer.status_code == 416:
            return b""
        return None if answer.status_code == 404 else answer.content[:most]

    def upload(self, job: str, path: str, data: bytes | Path) -> None:
        """Put a file into `session/...` of a job."""
        where, kind = f"/jobs/{quote(job)}/{quote(path, errors='surrogateescape')}", "application/octet-stream"
        if isinstance(data, bytes):
            self._call("PUT", where, data, kind)
            return
        try:
            file = data.open("rb")
        except OSError as error:
            raise self.unavailable(f"the input {data} cannot be read here: {error.strerror}") from error
        with file:
            self._call("PUT", where, file, kind, again=False)

    def download(self, job: str, path: str, target: Path) -> bool:
        """Bring a file of `session/...` here, however large; whether it is there."""
        url = f"{self._base()}/jobs/{quote(job)}/{quote(path, errors='surrogateescape')}"
        client, credential = self._connected()
        try:
            with client.stream("GET", url, headers={**credential.headers, "Accept": "*/*"}) as answer:
                if answer.status_code == 404:
                    return False
                if answer.status_code >= 300:
                    answer.read()
                    raise self.unavailable(trouble.of_answer(answer, credential.subject))
                with target.open("wb") as file:
                    for part in answer.iter_bytes(1 << 20):
                        file.write(part)
        except httpx.HTTPError as error:
            raise self.unavailable(trouble.of_error(error, self._settings.authorities)) from error
        except OSError as error:
            raise self.unavailable(f"its output cannot be written to {target}: {error.strerror}") from error
        return True

    def describe(self) -> Answer:
        """GLUE 2 of the whole service."""
        found = _json(self, self._call("GET", "/info?schema=glue2"))
        if not isinstance(found, dict):
            raise self.unavailable("what it tells of itself is no GLUE 2")
        return found

    # ---- delegation

    def delegation(self) -> str:
        """The id of a delegation of our proxy as it is now; empty when we show a token."""
        credential = self._credential()
        if credential.proxy is None:
            return ""
        if self._delegated is None or self._delegated[1] != credential.stamp:
            self._delegated = (self._delegate(credential.proxy), credential.stamp)
        return self._delegated[0]

    @property
    def delegated(self) -> str:
        """The id of what was delegated last; "" when nothing was."""
        return self._delegated[0] if self._delegated else ""

    def renew_delegations(self, known: Iterable[str], jobs: Sequence[str]) -> None:
        """Renew these, and those with which these jobs came, with the proxy as it is now."""
        if self._ours is not None and self._credential().proxy is not None:
            self._ours |= set(known)
            for one in self.each("delegations", jobs):
                found = one.get("delegation_id") or ()
                self._ours |= {found} if isinstance(found, str) else {str(each) for each in found}
            self._delegated = None
            self.delegation()

    def _delegate(self, proxy: Credential) -> str:
        """Renew what is delegated already: jobs of before need it as well. Else delegate anew.

        What a user has delegated there without us is none of ours.
        """
        known = [
            str(one.get("id", "")) for one in _several(_json(self, self._call("GET", "/delegations")), "delegation")
        ]
        if self._ours is not None:
            known = [one for one in known if one in self._ours]
        done = ""
        for one in filter(None, known):
            answer = self._call("POST", f"/delegations/{quote(one)}?action=renew", accept=(404, 500))
            if answer.status_code < 400:
                self._sign(one, answer.content, proxy)
                done = done or one
        if done:
            return done
        answer = self._call("POST", "/delegations?action=new")
        made = str(answer.headers.get("location", "")).rstrip("/").rpartition("/")[2]
        if not made:
            raise self.unavailable("it offers a delegation without an id")
        self._sign(made, answer.content, proxy)
        if self._ours is not None:
            self._ours.add(made)
        return made

    def _sign(self, delegation: str, request: bytes, proxy: Credential) -> None:
        try:
            now = datetime.now(UTC)
            chain = sign_request(request, proxy, now, lifetime=proxy.ends - now)
        except BadCredential as error:
            raise self.unavailable(str(error)) from error
        self._call("PUT", f"/delegations/{quote(delegation)}", chain, "application/x-pem-file")

    # ---- HTTP

    def unavailable(self, what: str) -> SiteUnavailable:
        """As an error of this site."""
        return SiteUnavailable(f"site {self._settings.name} ({self._settings.url}): {what}")

    def close(self) -> None:
        """Let go of connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes] = b"",
        kind: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
        again: bool = True,
    ) -> httpx.Response:
        """One request below the interface. `again`: it may be repeated when an idle connection turns out to be dead."""
        base = self._base()
        return self._request(method, base + path, body, kind, headers=headers, accept=accept, again=again)

    def _base(self) -> str:
        """Where the newest version that both know lies."""
        root = f"{self._settings.url.rstrip('/')}/rest"
        if not self._version:
            answer = self._request("GET", root, accept=(404,))
            told = _several(_json(self, answer), "version") if answer.status_code != 404 else []
            names = {str(one) for one in told}
            common = [one for one in _VERSIONS if one in names]
            if names and not common:
                raise self.unavailable(f"it speaks REST {', '.join(sorted(names))}; known here: {', '.join(_VERSIONS)}")
            self._version = common[0] if common else _VERSIONS[-1]
        return f"{root}/{self._version}"

    def _request(
        self,
        method: str,
        url: str,
        body: bytes | IO[bytes] = b"",
        kind: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
        again: bool = True,
    ) -> httpx.Response:
        client, credential = self._connected()
        sent = {**credential.headers, "Accept": "application/json", **({"Content-Type": kind} if kind else {})}
        sent |= headers or {}
        try:
            try:
                answer = client.request(method, url, content=body or None, headers=sent)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if not again:
                    raise
                answer = client.request(method, url, content=body or None, headers=sent)
        except (httpx.HTTPError, OSError) as error:
            raise self.unavailable(trouble.of_error(error, self._settings.authorities)) from error
        if answer.status_code >= 300 and answer.status_code not in accept:
            raise self.unavailable(trouble.of_answer(answer, credential.subject))
        return answer

    def _credential(self) -> Shown:
        try:
            return self._credentials.now()
        except BadCredential as error:
            raise self.unavailable(str(error)) from error

    def _connected(self) -> tuple[httpx.Client, Shown]:
        """A client that shows the credential as it is now."""
        with self._lock:
            credential = self._credential()
            if self._client is None or self._shown is not credential:
                if self._client is not None:
                    self._client.close()
                limits = httpx.Timeout(self._settings.call_seconds, connect=min(20.0, self._settings.call_seconds))
                self._client = httpx.Client(verify=credential.context, timeout=limits, trust_env=False)
                self._shown = credential
            return self._client, credential


def _json(rest: Rest, answer: httpx.Response) -> object:
    if not answer.content.strip():
        return {}
    try:
        return json.loads(answer.content.decode("utf-8", "replace"))
    except ValueError as error:
        raise rest.unavailable(f"it answered with something that is no JSON: {answer.text[:100]!r}") from error


def _several(found: object, name: str) -> list[Any]:
    """What lies below `name`, as a list whatever it is."""
    inner = found.get(name) if isinstance(found, dict) else None
    if inner is None or inner == "":
        return []
    return inner if isinstance(inner, list) else [inner]
