"""The data that a job reads and writes, and which catalogue is asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TYPES = ("DLI", "SI", "RUCIO", "FILE")
"""DataCatalogType: gLite's Data Location Interface and StorageIndex, and two of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNeed:
    """Files of one catalogue. `names`: with prefix lfn, guid, lds or query. `type`: of `TYPES`, "" any; `catalogue`:
    its name or endpoint, "" any."""

    names: tuple[str, ...]
    type: str = ""
    catalogue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """All the input data of a job. `protocols`: DataAccessProtocol, in lower case."""

    vo: str
    needs: tuple[DataNeed, ...]
    protocols: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCatalogue:
    """A catalogue that the service asks. `vos`: whose files it knows, all when empty. `kinds`: the prefixes that it
    knows."""

    name: str
    type: str
    url: str = ""
    vos: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset({"lfn", "guid", "lds", "query"})
    registers: bool = False


def catalogue_for(need: DataNeed, vo: str, known: Sequence[KnownCatalogue]) -> KnownCatalogue | None:
    """The first catalogue of the VO that serves what is needed."""
    kinds = {name.partition(":")[0] for name in need.names}
    wanted = need.catalogue.rstrip("/")
    for one in known:
        if one.vos and vo not in one.vos:
            continue
        if need.type and need.type != one.type:
            continue
        if wanted and wanted not in (one.name, one.url.rstrip("/")):
            continue
        if kinds <= one.kinds:
            return one
    return None


SENT_BY = {
    **dict.fromkeys(("http", "dav"), "put"),
    **dict.fromkeys(("https", "davs"), "put"),
    "file": "file",
    **dict.fromkeys(("root", "roots", "xroot"), "xrdcp"),
    **dict.fromkeys(("gsiftp", "srm"), "gfal"),
}
"""The scheme of a place for OutputData to how the wrapper writes there: by HTTP, to a path, with xrdcp or gfal-copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """An entry of OutputData. `path`: below the job's directory. `name`: the logical name under which it is
    registered, "" none; `storage`: the storage element that is wanted, "" any."""

    path: str
    name: str = ""
    storage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStorage:
    """A storage element that jobs may write to. `url`: the place, with `{vo}` for the VO; `vos`: who may, all when
    empty."""

    name: str
    url: str
    vos: tuple[str, ...] = ()

    @property
    def scheme(self) -> str:
        """The scheme of the URL."""
        return self.url.partition(":")[0].lower()

    def place(self, vo: str) -> str:
        """The URL below which a VO writes, ending in `/`."""
        return self.url.replace("{vo}", vo).rstrip("/") + "/"


def storage_for(element: str, vo: str, known: Sequence[KnownStorage]) -> KnownStorage | None:
    """The storage element of this name, or the first, that the VO may write to."""
    for one in known:
        if (not one.vos or vo in one.vos) and (not element or one.name.lower() == element.lower()):
            return one
    return None
