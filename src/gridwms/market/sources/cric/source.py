"""A JSON registry as a source: over http(s) with ETag, or a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from gridwms.classad import ClassAd
from gridwms.classad.ad import Python
from gridwms.market.source import SourceError
from gridwms.market.sources.bdii.names import site_patterns
from gridwms.market.sources.cric.queues import Record, resources
from gridwms.market.sources.file import ad_of_values
from gridwms.market.sources.web import Access, Document

_NOTES = 5


class CricSource:
    """The document is an object or a list of queues in the style of CRIC, or of resources with GlueCEUniqueID or
    GlueSEUniqueID and other GLUE names; a list may stand under `resources`."""

    kind = "cric"
    complete = True
    exact = False

    def __init__(
        self,
        name: str,
        access: Access,
        *,
        seconds: float = 600.0,
        sites_access: Access | None = None,
        sites: Mapping[str, str] | None = None,
        defaults: Mapping[str, Python] | None = None,
    ) -> None:
        """`sites_access`: the registry's document about sites, an object by name or a list with names. `sites`: pattern
        of ids to the configured site that leads there. `defaults`: attributes for all that do not have them, for a
        registry knows nothing of free slots."""
        self.name = name
        self.seconds = seconds
        self.timeout = access.timeout
        self.where = access.url
        self.notes: tuple[str, ...] = ()
        self._document = Document(access)
        self._sites = Document(sites_access) if sites_access is not None else None
        self._defaults = ClassAd.from_values(dict(defaults or {}))
        self._site_of = site_patterns(sites or {})
        self._ads: list[ClassAd] = []

    def fetch(self) -> list[ClassAd]:
        """The ads. Raises SourceError."""
        changed = self._document.changed()
        if self._sites is not None:
            changed = self._sites.changed() or changed
        if not changed and self._ads:
            return self._ads
        notes: list[str] = []
        ads: list[ClassAd] = []
        for one in self._resources():
            if isinstance(one, str):
                notes.append(one)
            else:
                ads.append(ClassAd.joined(self._defaults, one))
        if not ads:
            self._document.forget()
        more = (f"and {len(notes) - _NOTES} more like these",) if len(notes) > _NOTES else ()
        self._ads, self.notes = ads, (*notes[:_NOTES], *more)
        return ads

    def _resources(self) -> Iterator[ClassAd | str]:
        sites = dict(self._records(self._sites)) if self._sites is not None else {}
        for name, record in self._records(self._document):
            if "GlueCEUniqueID" in record or "GlueSEUniqueID" in record:
                try:
                    yield ad_of_values(record)
                except ValueError as trouble:
                    yield f"the resource '{name}' cannot be used: {trouble}"
            else:
                yield from resources(name, record, sites, self._site_of)

    def _records(self, document: Document) -> Iterator[tuple[str, Record]]:
        where = document.access.url
        try:
            found = json.loads(document.content)
        except (ValueError, RecursionError) as error:
            document.forget()
            raise SourceError(f"{where} holds no JSON: {error}") from error
        if isinstance(found, dict) and isinstance(found.get("resources"), list):
            found = found["resources"]
        if not isinstance(found, dict | list):
            document.forget()
            raise SourceError(f"{where} holds neither an object nor a list, but {str(found)[:40]!r}")
        pairs = found.items() if isinstance(found, dict) else ((_name(one), one) for one in found)
        for name, record in pairs:
            if isinstance(record, dict):
                yield str(name), record


def _name(record: object) -> str:
    if isinstance(record, dict):
        for key in ("name", "GlueCEUniqueID", "GlueSEUniqueID"):
            if isinstance(record.get(key), str):
                return str(record[key])
    return ""
