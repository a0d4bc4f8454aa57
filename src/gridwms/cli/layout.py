"""Columns, facts and times."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence

from gridwms.cli import say

Cell = tuple[str, str]
"""A text and its style (see `say.paint`); "" for none."""


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], *, right: Sequence[int] = (), indent: int = 0) -> None:
    """Print rows under a head in aligned columns. `right`: numbers of columns that are aligned at their end."""
    texts = [[say.clean(text) for text, _ in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(head, *texts, strict=True)]
    say.line(" " * indent + say.paint(_joined(head, widths, right), "soft"))
    for row in rows:
        cells = [(say.clean(text), style) for text, style in row]
        say.line(" " * indent + _joined([say.paint(t, s) for t, s in cells], widths, right, [t for t, _ in cells]))


def facts(pairs: Sequence[tuple[str, str]], *, indent: int = 2, style: Sequence[tuple[str, str]] = ()) -> None:
    """Print names and values, the values aligned; empty values are left out."""
    shown = [(name, say.clean(value)) for name, value in pairs if value]
    styles = dict(style)
    wide = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        say.line(f"{' ' * indent}{say.paint(name.ljust(wide), 'soft')}  {say.paint(value, styles.get(name, ''))}")


def moment(at: float) -> str:
    """A time in the reader's zone: `2026-01-31 12:00:00 CET`."""
    there = time.localtime(at)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', there)} {zone(at)}"


def clock(at: float) -> str:
    """A time of today as `12:00:00`, of another day with its date; the zone is said in the head of the table."""
    there, now = time.localtime(at), time.localtime()
    same_day = there[:3] == now[:3]
    return time.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M", there)


def zone(at: float | None = None) -> str:
    """The name of the reader's zone."""
    return time.strftime("%Z", time.localtime(at))


def ago(at: float, now: float | None = None) -> str:
    """How long ago: `just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    seconds = (time.time() if now is None else now) - at
    if seconds < 5:
        return "just now"
    return f"{lasting(seconds)} ago"


def lasting(seconds: float) -> str:
    """A time span in one unit: `12 s`, `5 min`, `3 h`, `2 days`."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "days"):
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def size(count: int) -> str:
    """Bytes in words."""
    value, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{int(value)} {units[0]}" if units[0] == "bytes" else f"{value:.1f} {units[0]}"


def counted(number: int, thing: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _joined(
    cells: Sequence[str], widths: Sequence[int], right: Sequence[int], bare: Sequence[str] | None = None
) -> str:
    parts = []
    for number, (cell, wide) in enumerate(zip(cells, widths, strict=True)):
        gap = " " * (wide - width(bare[number] if bare else cell))
        parts.append(gap + cell if number in right else cell + gap)
    return "  ".join(parts).rstrip()
