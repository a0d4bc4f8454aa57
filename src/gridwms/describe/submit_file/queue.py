"""The queue statement: how many jobs, and what differs between them (HTCondor manual, condor_submit)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PARTS = re.compile(
    r"(?P<count>[^\s,()]*?)\s*(?P<names>(?:[A-Za-z_]\w*)(?:\s*,\s*[A-Za-z_]\w*)*)?\s*"
    r"\b(?P<form>in|from|matching)\b\s*(?:(?P<kind>files|dirs|any)\b)?\s*(?P<slice>\[[^\]]*\])?\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SLICE = re.compile(r"\[\s*(-?\d+)?\s*(:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?)?\]")
_COUNT = re.compile(r"\d{1,18}", re.ASCII)
_SPLIT = re.compile(r"\s*,\s*|\s+")


class QueueTrouble(Exception):
    """The statement cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What a statement says. `items`: None for a plain count, and when they are elsewhere: in the lines of the file
    `source`, of which `chosen` are taken, or the files that match it (`matching`: "files", "dirs" or "any").
    """

    count: int = 1
    names: tuple[str, ...] = ()
    items: tuple[str, ...] | None = None
    source: str = ""
    matching: str = ""
    chosen: str = ""

    def rows(self) -> list[tuple[str, ...]]:
        """The values of the names for each item; the last name takes all that is left of a line."""
        found = []
        for item in self.items or ():
            values = _SPLIT.split(item.strip(), maxsplit=len(self.names) - 1) if len(self.names) > 1 else [item]
            found.append((*values, *([""] * (len(self.names) - len(values)))))
        return found


def read_queue(text: str) -> Queue:
    """Read what stands behind the word queue, macros replaced. Raises QueueTrouble."""
    text = text.strip()
    if not text or _COUNT.fullmatch(text):
        return Queue(count=int(text) if text else 1)
    parts = _PARTS.fullmatch(text)
    if parts is None or (parts["count"] and not _COUNT.fullmatch(parts["count"])):
        raise QueueTrouble(f"found 'queue {text[:60]}'")
    count = int(parts["count"]) if parts["count"] else 1
    names = tuple(name.strip() for name in (parts["names"] or "Item").split(","))
    form, rest = parts["form"].lower(), parts["rest"].strip()
    chosen = _slice(parts["slice"])
    if form == "matching":
        pattern = rest.strip("()").strip()
        return Queue(count, names, None, pattern, (parts["kind"] or "any").lower(), parts["slice"] or "")
    if not rest.startswith("("):
        if form == "from":
            if rest.endswith("|"):
                raise QueueTrouble("items from a program are not served: write them to a file first")
            return Queue(count, names, None, rest, "", parts["slice"] or "")
        return Queue(count, names, tuple(_SPLIT.split(rest))[chosen] if rest else ())
    inner = rest[1:].rstrip()
    inner = inner[:-1] if inner.endswith(")") else inner
    if form == "in":
        items = [item for item in _SPLIT.split(inner.strip()) if item]
    else:
        lines = (line.strip() for line in inner.split("\n"))
        items = [line for line in lines if line and not line.startswith("#")]
    return Queue(count, names, tuple(items[chosen]))


def _slice(text: str | None) -> slice:
    """A slice as Python has it; `[3]` is one item."""
    found = _SLICE.fullmatch(text or "[:]")
    if found is None:
        raise QueueTrouble(f"found the slice {text}")
    first, last, step = (int(number) if number else None for number in (found[1], found[3], found[4]))
    if found[2] is None:
        return slice(first, None if first == -1 else (first or 0) + 1)
    if step == 0:
        raise QueueTrouble("a slice cannot have the step 0")
    return slice(first, last, step)
