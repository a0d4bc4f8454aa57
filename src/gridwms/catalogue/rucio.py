"""Rucio by its REST interface: many names a question, data sets told file by file.

A name is `lfn:<scope>:<name>`, or `lfn:<name>` in the configured scope; so with `lds:`, and with searches,
`query:<scope>:<conditions>`. An id (`guid:`) is looked for in the configured scope: Rucio searches one at a time.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from gridwms.catalogue.contract import (
    KINDS,
    CatalogueError,
    File,
    Found,
    Replica,
    Written,
    conditions_of,
    kind_of,
)
from gridwms.catalogue.web import Answer, Credentials, Web

_GUID = re.compile(r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}")
_AT_ONCE = 1000
"""So many names go into one question."""
_BEFORE_END = 60.0
"""Seconds before its end that a token is no longer used."""
_KNOWN_ALREADY = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class RucioSettings:
    """`account` with `user` and `password_file`, or with a certificate (`credentials`), or `token_file` alone.

    `scope`: of names that have none. `storage`: storage element (GlueSEUniqueID) by RSE, where the hosts of its URLs do
    not tell it.
    """

    url: str
    account: str = ""
    user: str = ""
    password_file: str = ""
    token_file: str = ""
    scope: str = ""
    timeout: float = 60.0
    credentials: Credentials = field(default_factory=Credentials)
    storage: Mapping[str, str] = field(default_factory=dict)


class _Refused(CatalogueError):
    """It answers, but not this question."""


Did = tuple[str, str]
"""Scope and name."""


class RucioCatalogue:
    """One Rucio server."""

    kinds = frozenset(KINDS)
    registers = True

    def __init__(self, name: str, settings: RucioSettings, clock: Callable[[], float] = time.time) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._web = Web(settings.url, settings.timeout, settings.credentials)
        self._token, self._until = "", 0.0
        self._asking = Lock()

    def find(self, names: Sequence[str]) -> Found:
        asked: dict[str, list[Did]] = {}
        sets: dict[str, Did] = {}
        refused: dict[str, CatalogueError] = {}
        for name in dict.fromkeys(names):
            kind = kind_of(name)
            did = self._did(name.partition(":")[2])
            if kind == "lds":
                sets[name] = did
            elif kind == "lfn":
                asked[name] = [did]
            else:
                try:
                    asked[name] = self._search(name, kind)
                except _Refused as trouble:
                    refused[name], asked[name] = trouble, []
        parts = self._parts(set(sets.values()))
        asked |= {name: parts.get(did, []) for name, did in sets.items()}
        files = self._replicas({did for dids in asked.values() for did in dids})
        return {name: tuple(files[did] for did in asked[name] if did in files) for name in names} | refused

    def _did(self, text: str) -> Did:
        """The identifier that a name without its prefix stands for."""
        scope, colon, name = text.partition(":")
        return (scope, name) if colon and scope and name else (self._settings.scope, text)

    def _parts(self, sets: Iterable[Did]) -> dict[Did, list[Did]]:
        found: dict[Did, list[Did]] = {}
        for some in _batches(sets):
            for row in self._rows("/dids/bulkfiles", {"dids": _listed(some)}):
                whole = (str(row.get("parent_scope")), str(row.get("parent_name")))
                found.setdefault(whole, []).append(_did_of(row))
        return found

    def _search(self, name: str, kind: str) -> list[Did]:
        text = name.partition(":")[2]
        scope = self._settings.scope
        if kind == "guid":
            if _GUID.fullmatch(text) is None:
                return []
            filters = {"guid": text.replace("-", "")}
        else:
            first, colon, rest = text.partition(":")
            if colon and "=" not in first:
                scope, text = first, rest
            try:
                filters = conditions_of(text)
            except ValueError:
                return []
        if not scope:
            raise _Refused(f"'{name}' names no scope, and none is configured for the catalogue '{self.name}'")
        query = f"type=file&long=1&filters={quote(json.dumps([filters]), safe='')}"
        return [_did_of(row) for row in self._rows(f"/dids/{quote(scope, safe='')}/dids/search?{query}", None)]

    def _replicas(self, dids: Iterable[Did]) -> dict[Did, File]:
        found: dict[Did, File] = {}
        for some in _batches(dids):
            for row in self._rows("/replicas/list", {"dids": _listed(some)}):
                did = _did_of(row)
                copies = tuple(
                    Replica(str(url), self._element(str(rse)))
                    for rse, urls in (row.get("rses") or {}).items()
                    for url in urls
                )
                found[did] = File(f"lfn:{did[0]}:{did[1]}", copies)
        return found

    def _element(self, rse: str) -> str:
        return self._settings.storage.get(rse, rse)

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        by_place: dict[str, list[Written]] = {}
        refused: dict[str, str] = {}
        for one in files:
            rse = self._rse(one.storage)
            if kind_of(one.name) != "lfn" or not self._did(one.name.partition(":")[2])[0]:
                refused[one.name] = "Rucio needs a logical name with a scope, lfn:<scope>:<name>"
            elif not rse:
                refused[one.name] = "Rucio needs to know the storage element (RSE) where the file lies"
            else:
                by_place.setdefault(rse, []).append(one)
        for rse, some in by_place.items():
            body = {"rse": rse, "files": [self._new(one) for one in some]}
            answer = self._ask("POST", "/replicas", body)
            if answer.status not in (201, _KNOWN_ALREADY):
                refused |= {one.name: f"{self._web.host} answers {answer.status}: {answer.text}" for one in some}
        return refused

    def _rse(self, storage: str) -> str:
        """The RSE of a storage element."""
        back = {element.lower(): rse for rse, element in self._settings.storage.items()}
        return back.get(storage.lower(), storage)

    def _new(self, one: Written) -> dict[str, object]:
        scope, name = self._did(one.name.partition(":")[2])
        fields: dict[str, object] = {"scope": scope, "name": name, "pfn": one.url, "bytes": one.size or 0}
        kind, _, digits = one.checksum.partition(":")
        return fields | ({kind: digits} if kind in ("adler32", "md5") else {})

    def _rows(self, path: str, body: object) -> Iterator[Mapping[str, Any]]:
        """The lines of an answer, each a JSON object. Raises CatalogueError."""
        answer = self._ask("POST" if body is not None else "GET", path, body)
        if answer.status == 404:
            return
        if answer.status != 200:
            raise _Refused(f"{self._web.host} answers with status {answer.status}: {answer.text}")
        for line in answer.body.splitlines():
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as trouble:
                raise CatalogueError(f"{self._web.host} answers with something that is no JSON: {trouble}") from trouble
            if not isinstance(row, dict) or "exception_class" in row:
                raise CatalogueError(f"{self._web.host} answers: {line[:300].decode('utf-8', 'replace')}")
            yield row

    def _ask(self, method: str, path: str, body: object) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        for fresh in (False, True):
            headers = {
                "X-Rucio-Auth-Token": self._authorised(fresh=fresh),
                "Content-Type": "application/json",
                "Accept": "application/x-json-stream",
            }
            answer = self._web.ask(method, path, headers, content)
            if answer.status != 401:
                return answer
        raise CatalogueError(f"{self._web.host} does not accept the account '{self._settings.account}': {answer.text}")

    def _authorised(self, *, fresh: bool) -> str:
        """A token that holds for a while yet."""
        given = self._settings
        if given.token_file:
            return _secret(given.token_file)
        with self._asking:
            if fresh or self._until - _BEFORE_END < self._clock():
                headers = {"X-Rucio-Account": given.account}
                if given.user:
                    headers |= {"X-Rucio-Username": given.user, "X-Rucio-Password": _secret(given.password_file)}
                answer = self._web.ask("GET", "/auth/userpass" if given.user else "/auth/x509", headers)
                if answer.status != 200:
                    raise CatalogueError(
                        f"{self._web.host} gives the account '{given.account}' no token: {answer.status} {answer.text}"
                    )
                self._token = answer.headers.get("X-Rucio-Auth-Token", "")
                self._until = _end(answer.headers.get("X-Rucio-Auth-Token-Expires", ""), self._clock())
            return self._token

    def close(self) -> None:
        self._web.close()


def _end(text: str, now: float) -> float:
    """When a token ends; soon when that cannot be read."""
    try:
        return parsedate_to_datetime(text.replace("UTC", "GMT")).timestamp()
    except ValueError:
        return now + 2 * _BEFORE_END


def _secret(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as trouble:
        raise CatalogueError(f"cannot read {path}: {trouble}") from trouble


def _batches(dids: Iterable[Did]) -> Iterator[list[Did]]:
    rest = iter(sorted(dids))
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _listed(dids: Iterable[Did]) -> list[dict[str, str]]:
    return [{"scope": scope, "name": name} for scope, name in dids]


def _did_of(row: Mapping[str, Any]) -> Did:
    return str(row.get("scope")), str(row.get("name"))
