"""All conditions that waiting jobs put on one attribute, answered together for the value that a resource has."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from gridwms.classad.columns.leaves import attribute_of, constant_of
from gridwms.classad.columns.probe import Probe
from gridwms.classad.functions.lists import folded_strings
from gridwms.classad.operators import truth
from gridwms.classad.scope import Inner, LazyList
from gridwms.classad.text import fold
from gridwms.classad.tree import Binary, Call, Expr, Group

_REMEMBERED = 1024
_ORDERED = ("<", "<=", ">", ">=")


class _Ordered:
    """`attribute op constant` for many integer constants: the ones that hold are one end of the sorted list."""

    __slots__ = ("bits", "constants", "prefixes")

    def __init__(self) -> None:
        self.constants: list[int] = []
        self.bits: dict[int, int] = {}
        self.prefixes: list[int] | None = None

    def add(self, constant: int, bit: int) -> None:
        if constant not in self.bits:
            insort(self.constants, constant)
        self.bits[constant] = self.bits.get(constant, 0) | bit
        self.prefixes = None

    def holding(self, operator: str, value: float) -> int:
        if self.prefixes is None:
            total = 0
            self.prefixes = [0]
            for constant in self.constants:
                total |= self.bits[constant]
                self.prefixes.append(total)
        if operator in (">", ">="):  # value > constant: the constants below
            find = bisect_left if operator == ">" else bisect_right
            return self.prefixes[find(self.constants, value)]
        find = bisect_right if operator == "<" else bisect_left
        return self.prefixes[-1] & ~self.prefixes[find(self.constants, value)]


class Terms:
    """The terms that read one attribute; a term is a bit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[str, int] = {}
        self.equals: dict[str, int] = {}
        self.ordered: dict[str, _Ordered] = {}
        self.others: list[tuple[int, Probe]] = []
        self.bits = 0
        self.known: dict[object, int] = {}

    def add(self, node: Expr, bit: int, probe: Probe) -> None:
        self.known.clear()
        self.bits |= bit
        if not self._usual(node, bit):
            self.others.append((bit, probe))

    def _usual(self, node: Expr, bit: int) -> bool:
        while isinstance(node, Group):
            node = node.inner
        if isinstance(node, Call):
            if fold(node.name) != "member" or len(node.arguments) != 2 or not attribute_of(node.arguments[1]):
                return False
            wanted = constant_of(node.arguments[0])
            if not isinstance(wanted, str):
                return False
            self.members[fold(wanted)] = self.members.get(fold(wanted), 0) | bit
            return True
        if not isinstance(node, Binary) or not attribute_of(node.left):
            return False
        constant = constant_of(node.right)
        if node.operator == "==" and isinstance(constant, str):
            self.equals[fold(constant)] = self.equals.get(fold(constant), 0) | bit
            return True
        if node.operator in _ORDERED and type(constant) is int and abs(constant) < 2**53:
            self.ordered.setdefault(node.operator, _Ordered()).add(constant, bit)
            return True
        return False

    def true(self, value: Inner) -> int:
        """The terms that are TRUE for a value."""
        if isinstance(value, LazyList):
            return self._true(value)  # looking into a list costs less than comparing it with known ones
        key = (type(value), value)
        bits = self.known.get(key)
        if bits is None:
            bits = self._true(value)
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[key] = bits
        return bits

    def _true(self, value: Inner) -> int:
        bits = 0
        if isinstance(value, LazyList):
            members = self.members
            for text in folded_strings(value):
                if text in members:
                    bits |= members[text]
        elif isinstance(value, str):
            bits = self.equals.get(fold(value), 0)
        elif isinstance(value, bool | int | float) and value == value:
            for operator, ordered in self.ordered.items():
                bits |= ordered.holding(operator, value)
        for bit, probe in self.others:
            if truth(probe.with_values({self.name: value})) is True:
                bits |= bit
        return bits
