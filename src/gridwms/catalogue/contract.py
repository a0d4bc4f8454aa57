"""The contract of a replica catalogue: many names in one question, and what was written where.

Names have the form that jobs use: `lfn:<logical name>`, `guid:<id>`, `lds:<data set>`, `query:<conditions>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

KINDS = ("lfn", "guid", "lds", "query")
"""What a name may be (gLite reference §2.5): a logical file, a file by its id, a data set, a search."""

_HOST = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):/*(?:[^\s/@]*@)?(\[[^\]/]*\]|[^\s:/]+)")


class CatalogueError(Exception):
    """The catalogue did not answer, or answered nonsense. The text is a sentence: which one, what is wrong."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a file. `storage`: the storage element as the catalogue calls it, "" when it tells the URL only."""

    url: str
    storage: str = ""

    @property
    def host(self) -> str:
        """The host in the URL; the whole text when it is no URL but the name of a storage element."""
        found = _HOST.match(self.url)
        return (found[2] if found else self.url.strip()).lower()

    @property
    def scheme(self) -> str:
        """The scheme of the URL, "" when it is none."""
        found = _HOST.match(self.url)
        return found[1].lower() if found else ""


@dataclass(frozen=True, slots=True)
class File:
    """A file with its copies. A data set or search is one such file to a catalogue that cannot tell its parts."""

    name: str
    replicas: tuple[Replica, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that a job has written, to be registered. `checksum`: `adler32:<hex>`, "" unknown; `size` in bytes."""

    name: str
    url: str
    storage: str = ""
    size: int | None = None
    checksum: str = ""


Found = Mapping[str, tuple[File, ...] | CatalogueError]


class Catalogue(Protocol):
    """May block: it is asked in threads of its own, by several at the same time."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def kinds(self) -> frozenset[str]:
        """Which of `KINDS` it can resolve."""

    @property
    def registers(self) -> bool:
        """Whether files can be registered in it."""

    def find(self, names: Sequence[str]) -> Found:
        """The files of each name, none for a name that it does not know, an error for one that it refuses to look up.

        Raises CatalogueError when it does not answer at all.
        """

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        """Note copies that exist now; registering one again changes nothing. By name why one was refused.

        Raises CatalogueError when nothing could be registered.
        """

    def close(self) -> None:
        """Let go of its connections."""


def kind_of(name: str) -> str:
    """What a name is, of `KINDS`; "" when it is none of them."""
    kind, colon, rest = name.partition(":")
    return kind if colon and rest and kind in KINDS else ""


def conditions_of(name: str) -> dict[str, str]:
    """The conditions of a search, `query:run=1234&type=raw`. ValueError when it is none."""
    conditions: dict[str, str] = {}
    for part in name.removeprefix("query:").split("&"):
        key, sign, value = part.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise ValueError(f"'{part}' is no condition; write name=value, several joined with &")
        conditions[key.strip()] = value.strip()
    return conditions
