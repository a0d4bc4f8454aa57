"""Which known name was probably meant: Damerau-Levenshtein distance, without regard to case."""

from __future__ import annotations

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, when it is near enough to be a slip of the keyboard; else None.

    Near enough: one slip for names of four letters and more, two for names of seven and more.
    """
    folded = name.lower()
    limit = _slips(len(folded))
    best: tuple[int, str] | None = None
    for candidate in known:
        other = candidate.lower()
        if other == folded or abs(len(other) - len(folded)) > limit or _far(folded, other, limit):
            continue
        found = distance(folded, other)
        if found <= min(limit, _slips(len(other))) and (best is None or (found, candidate) < best):
            best = (found, candidate)
    return best[1] if best else None


def _slips(length: int) -> int:
    return 2 if length >= 7 else 1 if length >= 4 else 0


def _far(one: str, other: str, limit: int) -> bool:
    """A cheap lower bound: each slip changes at most two letters of the two sets."""
    return len(set(one) ^ set(other)) > 2 * limit


def distance(one: str, other: str) -> int:
    """Insertions, deletions, changes and swaps of neighbours that turn one text into the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        after = [i]
        for j, right in enumerate(other, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        before, row = row, after
    return row[-1]
