"""Circular references between the attributes of a job: an error that names the circle."""

from __future__ import annotations

from collections.abc import Iterable

from gridwms.classad import ClassAd, Reference, references
from gridwms.classad.references import walk
from gridwms.classad.text import fold


def find_cycle(ad: ClassAd, starts: Iterable[str]) -> tuple[str, ...]:
    """The first circle that can be reached from these attributes, as spelt, its first name again at the end; or ()."""
    done: set[str] = set()
    for start in starts:
        if start not in ad or fold(start) in done:
            continue
        trail = {fold(start): None}  # in order, and quick to look up: a circle may be very long
        stack = [iter(_reads(ad, fold(start)))]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
                done.add(trail.popitem()[0])
            elif following in trail:
                names = list(trail)
                circle = [*names[names.index(following) :], following]
                return tuple(ad.spelling(name) for name in circle)
            elif following not in done:
                trail[following] = None
                stack.append(iter(_reads(ad, following)))
    return ()


def reachable(ad: ClassAd, starts: Iterable[str]) -> list[str]:
    """The attributes of the ad (lower case) that these attributes read of it, themselves included, each once."""
    found: dict[str, None] = {}
    waiting = [fold(start) for start in starts if start in ad]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(_reads(ad, name))
    return list(found)


def unfolded(ad: ClassAd, starts: Iterable[str]) -> tuple[int, int]:
    """How large these attributes are when every reference is replaced by what it stands for: parts, and references
    deep. Only for ads without circles.
    """
    sizes: dict[str, tuple[int, int]] = {}
    for start in starts:
        waiting = [fold(start)] if start in ad else []
        while waiting:
            name = waiting[-1]
            inner = _reads(ad, name)
            missing = [other for other in inner if other not in sizes]
            if missing and name not in sizes:
                waiting.extend(missing)
                continue
            waiting.pop()
            if name not in sizes:
                sizes[name] = _size(ad, name, sizes)
    found = [sizes[fold(start)] for start in starts if start in ad]
    return sum(size for size, _ in found), max((deep for _, deep in found), default=0)


def _size(ad: ClassAd, name: str, sizes: dict[str, tuple[int, int]]) -> tuple[int, int]:
    size, deep = 0, 0
    for node in walk(ad[name]):
        size += 1
        if isinstance(node, Reference) and fold(node.name) in sizes:
            inner = sizes[fold(node.name)]
            size, deep = size + inner[0], max(deep, inner[1] + 1)
    return size, deep


def _reads(ad: ClassAd, name: str) -> list[str]:
    own, _ = references(ad[name])
    return sorted(reference for reference in own if reference in ad)
