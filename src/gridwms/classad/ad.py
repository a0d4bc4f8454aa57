"""A ClassAd: an immutable mapping from names (without case, spelling and order kept) to expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from gridwms.classad.text import fold
from gridwms.classad.tree import Expr, ListExpression, Literal
from gridwms.classad.values import (
    INTEGER_MAX,
    INTEGER_MIN,
    UNDEFINED,
    AbsoluteTime,
    Error,
    RelativeTime,
    Scalar,
    Undefined,
)

Python: TypeAlias = (
    Scalar | Expr | list["Python"] | tuple["Python", ...] | Mapping[str, "Python"] | frozenset[str] | set[str] | None
)
Place: TypeAlias = tuple[int, int]


class ClassAd(Expr, Mapping[str, Expr]):
    """An ad, which is also an expression: an ad may stand inside an ad."""

    __slots__ = ("_expressions", "_hash", "_places", "_spellings", "code", "column", "constants", "line")

    def __init__(
        self,
        items: Iterable[tuple[str, Expr]] = (),
        *,
        places: Mapping[str, Place] | None = None,
        line: int = 0,
        column: int = 0,
    ) -> None:
        """Of two equal names the last wins. `places` maps folded names to where they were written."""
        expressions: dict[str, Expr] = {}
        spellings: dict[str, str] = {}
        for name, expr in items:
            folded = fold(name)
            expressions[folded] = expr
            spellings[folded] = name
        for slot, value in (
            ("_expressions", expressions),
            ("_spellings", spellings),
            ("_places", places),
            ("_hash", None),
            ("constants", None),
            ("code", None),
            ("line", line),
            ("column", column),
        ):
            object.__setattr__(self, slot, value)

    _expressions: dict[str, Expr]
    _spellings: dict[str, str]
    _places: Mapping[str, Place] | None
    _hash: int | None
    constants: dict[str, object] | None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a ClassAd cannot be changed; use with_({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a ClassAd cannot be changed; use without()")

    def __getitem__(self, name: str) -> Expr:
        try:
            return self._expressions[fold(name)]
        except KeyError:
            raise KeyError(name) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and fold(name) in self._expressions

    def __iter__(self) -> Iterator[str]:
        return iter(self._spellings.values())

    def __len__(self) -> int:
        return len(self._expressions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClassAd) and self._expressions == other._expressions

    def __hash__(self) -> int:
        if self._hash is None:
            object.__setattr__(self, "_hash", hash(frozenset(self._expressions.items())))
        return self._hash or 0

    def __repr__(self) -> str:
        return f"ClassAd({list(zip(self._spellings.values(), self._expressions.values(), strict=True))!r})"

    def __reduce__(self) -> tuple[type[ClassAd], tuple[list[tuple[str, Expr]]]]:
        return ClassAd, (list(self.items()),)

    @property
    def expressions(self) -> dict[str, Expr]:
        """Folded name to expression. Not to be changed."""
        return self._expressions

    def spelling(self, name: str) -> str:
        """The name as it was written."""
        return self._spellings[fold(name)]

    def position(self, name: str) -> Place:
        """Line and column (from 1) where the name was written; (0, 0) if it was not read from text."""
        folded = fold(name)
        if folded not in self._expressions:
            raise KeyError(name)
        return (self._places or {}).get(folded, (0, 0))

    def with_(self, changes: Mapping[str, Python] | None = None, /, **named: Python) -> ClassAd:
        """A new ad with these attributes set; values are expressions or Python values."""
        items: dict[str, tuple[str, Expr]] = {fold(name): (name, expr) for name, expr in self.items()}
        for name, value in {**(changes or {}), **named}.items():
            spelling = self._spellings.get(fold(name), name)
            items[fold(name)] = (spelling, to_expression(value))
        return ClassAd(items.values(), places=self._places, line=self.line, column=self.column)

    def without(self, names: Iterable[str]) -> ClassAd:
        """A new ad that lacks these attributes."""
        dropped = {fold(name) for name in names}
        kept = ((name, expr) for name, expr in self.items() if fold(name) not in dropped)
        return ClassAd(kept, places=self._places, line=self.line, column=self.column)

    @classmethod
    def of_folded(cls, expressions: Mapping[str, Expr], spellings: Mapping[str, str]) -> ClassAd:
        """An ad of what is known by folded names already: their expressions and their spellings, in the same order."""
        whole = cls()
        whole._expressions.update(expressions)
        whole._spellings.update(spellings)
        return whole

    @classmethod
    def joined(cls, *ads: ClassAd) -> ClassAd:
        """An ad with all attributes of these; of equal names the last counts."""
        whole = cls()
        for ad in ads:
            whole._expressions.update(ad._expressions)
            whole._spellings.update(ad._spellings)
        return whole

    @classmethod
    def from_values(cls, values: Mapping[str, Python]) -> ClassAd:
        """An ad of constants: dictionaries become nested ads, lists and sets become lists."""
        return cls((name, to_expression(value)) for name, value in values.items())


def to_expression(value: Python) -> Expr:
    """The expression that evaluates to this Python value. None stands for UNDEFINED."""
    if isinstance(value, Expr):
        return value
    if value is None:
        return Literal(UNDEFINED)
    if isinstance(value, bool | float | str | Undefined | Error | AbsoluteTime | RelativeTime):
        return Literal(value)
    if isinstance(value, int):
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            raise ValueError(f"{value} does not fit 64 bits")
        return Literal(value)
    if isinstance(value, Mapping):
        return ClassAd.from_values(value)
    items = sorted(value) if isinstance(value, set | frozenset) else value
    return ListExpression(tuple(to_expression(item) for item in items))
