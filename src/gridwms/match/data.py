"""Input data in matching: which resources are near how many of a job's files (gLite reference §2.5).

A resource is near a file when a storage element close to it (CloseStorageElements) holds a copy and offers one of the
protocols that the job can use; `file` counts only where the element is mounted. Only resources near some file match,
and of those that meet all else only the ones near the most files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy
from numpy.typing import NDArray

from gridwms.classad import ClassAd, Expr, ListExpression, Literal, evaluate_attribute
from gridwms.classad.columns.planes import bits_of, bits_of_rows, rows_of
from gridwms.match.resources import Snapshot

_NO_MOUNT = frozenset({"", "none", "n.a.", "n.a", "n/a", "na", "undefined"})
"""What is published when nothing is mounted."""
FILE = "file"
Counts = NDArray[numpy.int32]


class Copy(NamedTuple):
    """Where one copy of a file is: the names of its storage element, and the scheme of its URL ("" unknown)."""

    elements: frozenset[str]
    scheme: str


class CloseElement(NamedTuple):
    """A storage element close to a resource. `protocols` None: the resource tells its name only."""

    name: str
    mounted: bool
    protocols: frozenset[str] | None


@dataclass(frozen=True, eq=False)
class Wanted:
    """The files of a data set, those with the same copies taken together, and the protocols that the job can use."""

    groups: tuple[tuple[int, frozenset[Copy]], ...]
    protocols: tuple[str, ...]

    @classmethod
    def of(cls, copies: Iterable[Iterable[Copy]], protocols: Sequence[str]) -> Wanted:
        """The copies of each file."""
        counts: dict[frozenset[Copy], int] = {}
        for places in copies:
            key = frozenset(places)
            counts[key] = counts.get(key, 0) + 1
        return cls(tuple((count, key) for key, count in counts.items()), tuple(protocols))

    @cached_property
    def files(self) -> int:
        """How many files there are."""
        return sum(count for count, _copies in self.groups)

    def near(self, snapshot: Snapshot) -> Nearness:
        """How many of the files each resource is near."""
        closeness = closeness_of(snapshot)
        count = snapshot.columns.count
        counts = numpy.zeros(count, dtype=numpy.int32)
        some = 0
        for weight, copies in self.groups:
            bits = closeness.near(copies, self.protocols)
            if bits:
                some |= bits
                counts[rows_of(bits, count)] += weight
        return Nearness(counts, some & snapshot.columns.alive)


@dataclass(frozen=True, slots=True, eq=False)
class Nearness:
    """Of one data set on one snapshot. `counts`: files by row; `some`: the rows that are near any, as bits."""

    counts: Counts
    some: int

    def most(self, rows: int) -> int:
        """Those of these rows that are near the most files, as bits."""
        chosen = rows_of(rows, len(self.counts))
        if not len(chosen):
            return 0
        of_these = self.counts[chosen]
        return bits_of_rows(chosen[of_these == of_these.max()], len(self.counts))

    def fewer(self, best: int) -> int:
        """The rows that are near fewer files than this, as bits."""
        return bits_of(self.counts < best)


_Key = tuple[str, str | None]
"""A storage element and a protocol that can be used there; None: any, the element is only named."""


class Closeness:
    """Of one snapshot: storage element and protocol to the resources that are close to it."""

    def __init__(self, snapshot: Snapshot, before: Closeness | None = None) -> None:
        """`before`: of an earlier snapshot; only what has changed since is looked at."""
        columns = snapshot.columns
        self._ads = columns.ads
        self._published = {name.lower(): frozenset(protocols_of(one.ad)) for name, one in snapshot.storage.items()}
        if before is None or before._published != self._published:
            before = None
            self._keys: list[tuple[_Key, ...]] = [()] * len(self._ads)
            self._bits: dict[_Key, int] = {}
            changed: Iterable[int] = range(len(self._ads))
        else:
            had = before._ads
            self._keys = before._keys + [()] * (len(self._ads) - len(had))
            self._bits = dict(before._bits)
            changed = [row for row, ad in enumerate(self._ads) if row >= len(had) or had[row] is not ad]
        self._update(changed, columns.count)

    def _update(self, rows: Iterable[int], count: int) -> None:
        came: dict[_Key, list[int]] = {}
        went: dict[_Key, list[int]] = {}
        known: dict[tuple[int, int], tuple[_Key, ...]] = {}
        for row in rows:
            keys = self._keys_of(self._ads[row], known)
            had = self._keys[row]
            if keys == had:
                continue
            self._keys[row] = keys
            for key in had:
                went.setdefault(key, []).append(row)
            for key in keys:
                came.setdefault(key, []).append(row)
        for key, some in went.items():
            self._bits[key] &= ~bits_of_rows(numpy.array(some), count)
        for key, some in came.items():
            self._bits[key] = self._bits.get(key, 0) | bits_of_rows(numpy.array(some), count)

    def _keys_of(self, ad: ClassAd | None, known: dict[tuple[int, int], tuple[_Key, ...]]) -> tuple[_Key, ...]:
        """What a resource is close to; views of one computing element share the lists that tell it."""
        if ad is None:
            return ()
        lists = ad.expressions.get("closestorageelements"), ad.expressions.get("gluecesebindgroupseuniqueid")
        same = id(lists[0]), id(lists[1])
        keys = known.get(same)
        if keys is None:
            found = (key for element in close_elements(ad) for key in _keys(element, self._published))
            keys = known[same] = tuple(dict.fromkeys(found))
        return keys

    def near(self, copies: Iterable[Copy], protocols: Sequence[str]) -> int:
        """The resources that can read one of these copies, as bits."""
        bits = 0
        for copy in copies:
            for element in copy.elements:
                for protocol in protocols:
                    bits |= self._bits.get((element, protocol), 0)
                if copy.scheme in protocols:
                    bits |= self._bits.get((element, None), 0)
        return bits


def _keys(element: CloseElement, published: Mapping[str, frozenset[str]]) -> Iterator[_Key]:
    protocols = element.protocols
    if protocols is None:
        if element.name not in published:
            yield element.name, None
            return
        protocols = published[element.name]
    for protocol in protocols:
        if protocol != FILE or element.mounted:
            yield element.name, protocol


_CLOSENESS: WeakKeyDictionary[Snapshot, Closeness] = WeakKeyDictionary()
_last: Closeness | None = None


def closeness_of(snapshot: Snapshot) -> Closeness:
    """Made when it is first asked for, of the last one that was made, and kept as long as the snapshot."""
    global _last
    found = _CLOSENESS.get(snapshot)
    if found is None:
        found = _last = _CLOSENESS[snapshot] = Closeness(snapshot, _last)
    return found


_PARSED: dict[int, tuple[Expr, tuple[CloseElement, ...]]] = {}
_MOST_PARSED = 100_000
"""Lists of close storage elements, by identity: the views of a resource share theirs, and so do snapshots."""


def close_elements(ad: ClassAd) -> tuple[CloseElement, ...]:
    """The storage elements close to a resource: by their bindings, and those that are only named."""
    listed = ad.expressions.get("closestorageelements")
    found: tuple[CloseElement, ...] = ()
    if listed is not None:
        known = _PARSED.get(id(listed))
        if known is None or known[0] is not listed:
            if len(_PARSED) >= _MOST_PARSED:
                _PARSED.clear()
            known = _PARSED[id(listed)] = listed, tuple(_parsed(listed))
        found = known[1]
    group = ad.expressions.get("gluecesebindgroupseuniqueid")
    if isinstance(group, ListExpression):
        bound = {element.name for element in found}
        names = (_lower(item.value) for item in group.items if isinstance(item, Literal))
        found += tuple(CloseElement(name, False, None) for name in names if name and name not in bound)
    return found


def _parsed(listed: Expr) -> Iterator[CloseElement]:
    items = listed.items if isinstance(listed, ListExpression) else (listed,)
    for item in items:
        if not isinstance(item, ClassAd):
            continue
        name = next(
            filter(None, (_text(item, each) for each in ("GlueCESEBindSEUniqueID", "GlueSEUniqueID", "name"))), ""
        )
        if name:
            mount = (
                _text(item, "mount") or _text(item, "GlueCESEBindMountInfo") or _text(item, "GlueCESEBindCEAccesspoint")
            )
            yield CloseElement(name, mount not in _NO_MOUNT, _protocols(item))


def protocols_of(element: ClassAd) -> Mapping[str, int]:
    """The access protocols that a storage element publishes, with their ports (0 unknown), in their order."""
    found: dict[str, int] = {}
    listed = element.expressions.get("glueseaccessprotocol")
    for item in listed.items if isinstance(listed, ListExpression) else ():
        if isinstance(item, ClassAd):
            port = evaluate_attribute(item, "GlueSEAccessProtocolPort") if "GlueSEAccessProtocolPort" in item else 0
            name = _text(item, "GlueSEAccessProtocolType")
            if name:
                found.setdefault(name, port if isinstance(port, int) else 0)
    return found


def _protocols(element: ClassAd) -> frozenset[str] | None:
    if "GlueSEAccessProtocol" not in element and "GlueSEUniqueID" not in element:
        return None
    return frozenset(protocols_of(element))


def _text(ad: ClassAd, name: str) -> str:
    expr = ad.get(name)
    value = expr.value if isinstance(expr, Literal) else None
    return _lower(value)


def _lower(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""
