"""The resources that nearly match: those that the fewest conditions reject, and what they publish instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.classad import ClassAd, Expr, evaluate_attribute
from gridwms.classad.columns.planes import Planes, rows_of
from gridwms.classad.columns.store import ColumnStore
from gridwms.match.reading import names_read

_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A resource that does not match. `fails`: the conditions that reject it. `has`: what these read of it, by name;
    None: it publishes no such attribute."""

    resource: str
    fails: tuple[str, ...]
    has: tuple[tuple[str, str | None], ...]


def nearest(conditions: Sequence[tuple[str, Expr | None, Planes]], store: ColumnStore) -> tuple[Miss, ...]:
    """Some of those that the fewest conditions reject; each condition with its words, and, when its values are worth
    telling, itself."""
    by_failures = [store.alive]
    for _text, _expr, planes in conditions:
        rejected = store.alive & ~planes.true
        moved = [rows & rejected for rows in by_failures]
        kept = [rows & ~rejected for rows in by_failures]
        by_failures = [here | come for here, come in zip([*kept, 0], [0, *moved], strict=True)]
    chosen = next((rows for rows in by_failures[1:] if rows), 0)
    return tuple(_miss(row, conditions, store) for row in rows_of(chosen, store.count)[:_MOST].tolist())


def _miss(row: int, conditions: Sequence[tuple[str, Expr | None, Planes]], store: ColumnStore) -> Miss:
    failed = [(text, expr) for text, expr, planes in conditions if not planes.true >> row & 1]
    ad = store.ads[row]
    names: dict[str, None] = {}
    for _text, expr in failed:
        names |= dict.fromkeys(sorted(names_read(expr) or ()) if expr is not None else ())
    has = tuple((name, value) for name in names for value in [_published(ad, name)] if value != "")
    return Miss(resource=store.keys[row] or "", fails=tuple(text for text, _expr in failed), has=has)


def _published(ad: ClassAd | None, name: str) -> str | None:
    """A value in few words; "" for one that would take many."""
    if ad is None or name not in ad:
        return None
    value = evaluate_attribute(ad, name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{value[:100]}"' if isinstance(value, str) else ""
