"""Parameter sweeps (GFD.149): elements of the document that take one value after the other.

Assignments of one Sweep change together. A Sweep inside of another runs through all of its values for each of the outer
one; several beside each other run one after the other, and what the others sweep keeps its own text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gridwms.describe.convert.reading import error
from gridwms.describe.jsdl.namespaces import PREFIXES
from gridwms.describe.jsdl.paths import ACCEPTED, PathTrouble, find
from gridwms.describe.jsdl.xml_tree import Element
from gridwms.describe.problem import Problem

Row = tuple[tuple[Element, str], ...]
"""Elements of the document and the texts that they have in one job."""

_FUNCTIONS = ("sweepfunc:Values", "sweepfunc:LoopInteger", "sweepfunc:LoopDouble")


class SweepTrouble(Exception):
    """Something is wrong with a sweep; `problem` says what."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Assignment:
    """Elements that get the same value, and the values."""

    targets: tuple[Element, ...]
    values: Sequence[str]
    element: Element


@dataclass(frozen=True, slots=True)
class Sweep:
    """Assignments that change together, and the sweeps inside."""

    assignments: tuple[Assignment, ...]
    inner: tuple[Sweep, ...]

    @property
    def size(self) -> int:
        return len(self.assignments[0].values) * (sum(each.size for each in self.inner) or 1)

    def rows(self) -> Iterator[Row]:
        """What each job assigns."""
        for at in range(len(self.assignments[0].values)):
            own = tuple((target, each.values[at]) for each in self.assignments for target in each.targets)
            if not self.inner:
                yield own
            for inner in self.inner:
                yield from (own + row for row in inner.rows())


def sweeps_of(root: Element, most: int) -> tuple[Sweep, ...]:
    """All sweeps of a document; nothing when it has none. Raises SweepTrouble, also for more than `most` jobs."""
    found = tuple(_sweep(each, root, most) for each in root.all("sweep:Sweep"))
    if sum(each.size for each in found) > most:
        size = sum(each.size for each in found)
        place = next(root.all("sweep:Sweep"))
        _wrong("too_many", place, f"it makes {size:,} jobs", f"at most {most:,} jobs in one submit (max_nodes)")
    return found


def single(sweeps: Sequence[Sweep]) -> Assignment | None:
    """The only assignment, when there is but one."""
    if len(sweeps) == 1 and not sweeps[0].inner and len(sweeps[0].assignments) == 1:
        return sweeps[0].assignments[0]
    return None


def rows_of(sweeps: Sequence[Sweep]) -> Iterator[Row]:
    """What each job assigns, job by job."""
    return itertools.chain.from_iterable(each.rows() for each in sweeps)


def _sweep(element: Element, root: Element, most: int) -> Sweep:
    assignments = tuple(_assignment(each, root, most) for each in element.all("sweep:Assignment"))
    if not assignments:
        _wrong("missing", element, "there is no Assignment in it", "an Assignment or more")
    for each in assignments[1:]:
        if len(each.values) != len(assignments[0].values):
            message = f"it has {len(each.values)} values and the one before has {len(assignments[0].values)}"
            _wrong("cardinality", each.element, message, "as many values: they change together")
    for child in element.children:
        if child.name not in ("sweep:Assignment", "sweep:Sweep"):
            _wrong("unknown_element", child, "this element cannot stand in Sweep", "Assignment, Sweep")
    return Sweep(assignments, tuple(_sweep(each, root, most) for each in element.all("sweep:Sweep")))


def _assignment(element: Element, root: Element, most: int) -> Assignment:
    targets: list[Element] = []
    function: Element | None = None
    for child in element.children:
        if child.name == "sweep:DocumentNode":
            targets += _targets(child, root)
        elif child.name in _FUNCTIONS and function is None:
            function = child
        else:
            accepted = "DocumentNode, then one of Values, LoopInteger, LoopDouble"
            _wrong("unknown_element", child, "this element cannot stand here", accepted)
    if not targets or function is None:
        accepted = "a DocumentNode, then one of Values, LoopInteger, LoopDouble"
        _wrong("missing", element, "it does not say what is to have which values", accepted)
    values = _values(function, most) if function else ()
    if not values:
        _wrong("empty_sweep", function or element, "the sweep is empty", "one value or more")
    return Assignment(tuple(targets), values, element)


def _targets(element: Element, root: Element) -> list[Element]:
    prefixes = {
        each.attributes.get("prefix", ""): PREFIXES.get(each.attributes.get("ns", ""), "")
        for each in element.all("sweep:NamespaceBinding")
    }
    match = element.first("sweep:Match")
    if match is None:
        _wrong("missing", element, "there is no Match in it", ACCEPTED)
        return []
    try:
        found = find(root, match.text, prefixes)
    except PathTrouble as trouble:
        _wrong("unsupported", match, str(trouble), ACCEPTED)
        return []
    if not found:
        _wrong("unknown_element", match, f"{match.trimmed[:100]} leads to nothing in this document", ACCEPTED)
    for each in found:
        if each.children:
            _wrong("wrong_type", match, f"{each.local} holds elements, not a text", "elements with a text")
    return found


def _values(function: Element, most: int) -> Sequence[str]:
    if function.name == "sweepfunc:Values":
        return [each.text for each in function.all("sweepfunc:Value")]
    try:
        start, end, step = (Decimal(function.attributes.get(name, default).strip()) for name, default in _BOUNDS)
        left_out = {Decimal(each.attributes.get("value", "").strip()) for each in function.all("sweepfunc:Exception")}
    except (InvalidOperation, ValueError):
        _wrong("wrong_type", function, "its bounds are no numbers", "start, end and step as numbers")
        return ()
    whole = function.name == "sweepfunc:LoopInteger"
    numbers = (start, end, step, *left_out)
    if not all(each.is_finite() and (not whole or each == each.to_integral_value()) for each in numbers) or not step:
        accepted = "whole numbers, and a step that is not 0" if whole else "numbers, and a step that is not 0"
        _wrong("out_of_range", function, "its bounds are not right", accepted)
    count = max(0, int((end - start) / step) + 1) if (end - start) / step >= 0 else 0
    if count > most:
        _wrong("too_many", function, f"it makes {count:,} values", f"at most {most:,} jobs in one submit (max_nodes)")
    values = (start + step * at for at in range(count))
    return [str(int(each)) if whole else str(each) for each in values if each not in left_out]


_BOUNDS = (("start", ""), ("end", ""), ("step", "1"))


def _wrong(code: str, element: Element, message: str, accepted: str) -> None:
    raise SweepTrouble(error(code, element.local, message, element.place, accepted=accepted))
