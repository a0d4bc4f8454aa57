"""An ARC computing element as a source."""

from __future__ import annotations

from urllib.parse import urlsplit

from gridwms.classad import ClassAd
from gridwms.describe.glue2tree import read_json, read_xml
from gridwms.market.source import SourceError
from gridwms.market.sources.arc.document import entries
from gridwms.market.sources.bdii.glue2 import Glue2
from gridwms.market.sources.web import Access, Document

_DEFAULT_PORT = 443


class ArcSource:
    """Asks `/info` of ARC's REST interface. Its queues are named as GLUE 1.3 and the site adaptor name them:
    `host:port/nordugrid-<batch system>-<queue>`."""

    kind = "arc"
    complete = True
    exact = False

    def __init__(self, name: str, access: Access, *, seconds: float = 120.0, site: str = "") -> None:
        """`access.url`: that of the interface (`https://host/arex/rest/1.0`), of `/info` there, or a saved document.
        `site`: the configured site that leads to it."""
        where = access.url.rstrip("/")
        if where.startswith(("http:", "https:")) and not where.endswith("/info"):
            where += "/info" if "/rest/" in where else "/rest/1.0/info"
        self.name = name
        self.seconds = seconds
        self.timeout = access.timeout
        self.where = where
        self.notes: tuple[str, ...] = ()
        self._document = Document(
            Access(
                url=where,
                timeout=access.timeout,
                authority=access.authority,
                certificate=access.certificate,
                key=access.key,
                token_file=access.token_file,
                accept="application/xml, application/json;q=0.9",
            )
        )
        parts = urlsplit(where)
        door = f"{parts.hostname}:{parts.port or _DEFAULT_PORT}" if parts.hostname else ""
        self._glue = Glue2(lambda _ce_id: site, door)
        self._ads: list[ClassAd] = []

    def fetch(self) -> list[ClassAd]:
        """The ads of its queues. Raises SourceError."""
        if not self._document.changed() and self._ads:
            return self._ads
        try:
            content = self._document.content
            tree = read_json(content) if content.lstrip()[:1] in (b"{", b"[") else read_xml(content)
            ads, notes = self._glue.ads(entries(tree))
        except ValueError as error:
            self._document.forget()
            raise SourceError(f"{self.where} tells what cannot be used: {error}") from error
        self._ads, self.notes = ads, tuple(notes[:20])
        return ads
