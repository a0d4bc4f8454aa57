"""A BDII as a source: GLUE 1.3, GLUE 2.0 or both, joined to resource ads."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence

from gridwms.classad import ClassAd, Literal
from gridwms.market.source import SourceError
from gridwms.market.sources.bdii import glue1, glue2
from gridwms.market.sources.bdii.ask import Asker, Search
from gridwms.market.sources.bdii.names import site_patterns

_NOTES = 5


class BdiiSource:
    """One index. An answer that is not whole is none; what a whole one forgets stays until it expires."""

    kind = "bdii"
    complete = False
    exact = False

    def __init__(
        self,
        name: str,
        url: str,
        *,
        seconds: float = 120.0,
        timeout: float = 60.0,
        glue: Sequence[int] = (1, 2),
        base1: str = "mds-vo-name=local,o=grid",
        base2: str = "o=glue",
        filter1: str = "",
        without: Sequence[str] = (),
        sites: Mapping[str, str] | None = None,
        program: bool | None = None,
    ) -> None:
        """`timeout`: seconds that each search may take. `filter1`: an LDAP filter that computing elements and their
        views must meet as well, such as the rules of the VOs that are served. `without`: patterns (`*`, `?`) of ids
        never taken in. `sites`: pattern of ids to the configured site that leads there; the first that fits counts.
        `program`: whether to search by ldapsearch; None: where it is installed."""
        self.name = name
        self.where = url
        self.seconds = seconds
        self.timeout = timeout
        self.notes: tuple[str, ...] = ()
        self._without = re.compile("|".join(fnmatch.translate(one) for one in without)) if without else None
        site_of = site_patterns(sites or {})
        self._first = glue1.Glue1(site_of) if 1 in glue else None
        self._second = glue2.Glue2(site_of) if 2 in glue else None
        self._ask1 = Asker(Search(url, base1, _narrowed(filter1), timeout), program=program)
        self._ask2 = Asker(Search(url, base2, glue2.FILTER, timeout), program=program)

    def fetch(self) -> list[ClassAd]:
        """The ads; where both schemas tell of a computing element, what GLUE 1.3 says. Raises SourceError."""
        ads: list[ClassAd] = []
        notes: list[str] = []
        if self._first is not None:
            ads, notes = self._first.ads(self._ask1.entries())
        if self._second is not None:
            try:
                more, told = self._second.ads(self._ask2.entries(), {name for _kind, name in map(_id, ads)})
            except SourceError as error:
                if not ads:
                    raise
                more, told = [], [f"GLUE 2.0 could not be read: {error}"]
            known = {_id(ad) for ad in ads}
            ads = ads + [ad for ad in more if _id(ad) not in known]
            notes += told
        if self._without is not None:
            ads = [ad for ad in ads if not self._without.fullmatch(_id(ad)[1])]
        more_notes = [f"and {len(notes) - _NOTES} more like these"] if len(notes) > _NOTES else []
        self.notes = (*notes[:_NOTES], *more_notes)
        return ads


def _narrowed(extra: str) -> str:
    if not extra:
        return glue1.FILTER
    ours = "(|(objectClass=GlueCE)(objectClass=GlueVOView))"
    return f"(&{glue1.FILTER}(|(!{ours}){extra}))"


def _id(ad: ClassAd) -> tuple[str, str]:
    """What it is, and its id."""
    for name in ("glueceuniqueid", "glueseuniqueid"):
        found = ad.expressions.get(name)
        if isinstance(found, Literal) and isinstance(found.value, str):
            return name, found.value
    return "", ""
