"""Descriptions of nodes from their template, mostly without reading the text anew: that costs ten times as much.

A value of letters and digits in strings of the template changes nothing but these strings, and a number in Requirements
and Rank changes nothing but that number. So the template is read once with a stand-in, and where the stand-in came to
stand the value is put. The first values are read in full as well; a template for which the two ways differ, or which
has the placeholder elsewhere, is always read in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any, NamedTuple

from gridwms.classad import ClassAd, Expr, Literal, unparse
from gridwms.describe.compound import PLACEHOLDER, node_text
from gridwms.describe.description import Description
from gridwms.describe.jdl.read import read_stored


class _StandIn(NamedTuple):
    """What stands for values of this form."""

    text: str
    form: re.Pattern[str]
    number: int | None = None


_TEXT = _StandIn("gw7StandIn7gw", re.compile(r"[A-Za-z0-9_]{1,200}"))
_NUMBER = _StandIn("735927143", re.compile(r"0|[1-9][0-9]{0,17}"), 735927143)
_MATCHING = ("requirements", "rank")
_COMPARED = 3
"""How many values of a template are read both ways."""


class NodeTemplate:
    """The text of a template, and what was learned about it. Threads may share it: they would learn the same."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._model: Description | None = None
        self._parts: dict[str, Any] = {}
        self._attributes: list[tuple[str, Expr]] = []
        self._constants: frozenset[str] = frozenset()
        self._stand_in = _TEXT
        self._quick: bool | None = None if PLACEHOLDER in text else False
        self._compared = 0

    def read(self, value: str) -> Description | None:
        """The description for a value; None when it cannot be read."""
        if self._quick is None:
            self._quick = self._learn(_TEXT) or self._learn(_NUMBER)
        model = self._model
        if not self._quick or model is None or not self._stand_in.form.fullmatch(value):
            return self._whole(value)
        if value.casefold() in self._constants:
            return self._whole(value)
        made = self._made(model, value)
        if self._compared >= _COMPARED:
            return made
        whole = self._whole(value)
        self._compared += 1
        if made != whole:
            self._quick = False
        return whole

    def _whole(self, value: str) -> Description | None:
        return read_stored(node_text(self._text, value))

    def _learn(self, stand_in: _StandIn) -> bool:
        """Find where the stand-in stands; whether that is where a value changes nothing else."""
        if stand_in.text in self._text:
            return False
        model = self._whole(stand_in.text)
        if model is None:
            return False
        self._model, self._stand_in = model, stand_in
        self._attributes = [(name, expr) for name, expr in model.ad.items() if _holds(expr, stand_in)]
        self._parts = {
            part.name: getattr(model, part.name)
            for part in fields(model)
            if part.name != "ad" and _holds(getattr(model, part.name), stand_in)
        }
        # A string that becomes equal to another one of the description may mean something else.
        self._constants = frozenset(text.casefold() for text in _strings(model) if stand_in.text not in text)
        if stand_in.number is not None:
            return self._only_matched(model, stand_in.number)
        bare = stand_in.text.casefold()
        return not any(bare in name.casefold() for name in _names(model))

    def _only_matched(self, model: Description, number: int) -> bool:
        """Whether the number stands in Requirements and Rank alone (in strings anywhere), as often as the text has it:
        where it was worked out with something else, the result tells nothing of other numbers."""
        others = [part for name, part in self._parts.items() if name not in _MATCHING]
        others += [expr for name, expr in self._attributes if name.lower() not in _MATCHING]
        if any(number in _numbers(part) for part in others):
            return False
        if unparse(model.ad).count(str(number)) != self._text.count(PLACEHOLDER):
            return False
        return all(
            unparse(joined).count(str(number)) == unparse(model.ad[name]).count(str(number))
            for name, joined in (("Requirements", model.requirements), ("Rank", model.rank))
            if name in model.ad
        )

    def _made(self, model: Description, value: str) -> Description:
        changes = {name: _put(part, self._stand_in, value) for name, part in self._parts.items()}
        if self._attributes:
            attributes = {name: _put(expr, self._stand_in, value) for name, expr in self._attributes}
            changes["ad"] = model.ad.with_(attributes)
        return replace(model, **changes)


def _inner(thing: Any) -> Iterator[Any]:
    if isinstance(thing, ClassAd):
        yield from (expr for _name, expr in thing.items())
    elif isinstance(thing, tuple):
        yield from thing
    elif is_dataclass(thing):
        yield from (getattr(thing, part.name) for part in fields(thing) if part.init)


def _strings(thing: Any) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    else:
        for part in _inner(thing):
            yield from _strings(part)


def _names(thing: Any) -> Iterator[str]:
    """Strings in expressions that are no constants: names of attributes and functions."""
    if isinstance(thing, ClassAd):
        yield from thing
    if isinstance(thing, Expr) and not isinstance(thing, Literal):
        yield from (part for part in _inner(thing) if isinstance(part, str))
    for part in _inner(thing):
        yield from _names(part)


def _numbers(thing: Any) -> Iterator[int]:
    if type(thing) is int:
        yield thing
    else:
        for part in _inner(thing):
            yield from _numbers(part)


def _holds(thing: Any, stand_in: _StandIn) -> bool:
    if stand_in.number is not None and stand_in.number in _numbers(thing):
        return True
    return any(stand_in.text in text for text in _strings(thing))


def _put(thing: Any, stand_in: _StandIn, value: str) -> Any:
    """The same with the value in the place of the stand-in."""
    if isinstance(thing, str):
        return thing.replace(stand_in.text, value)
    if type(thing) is int:
        return int(value) if thing == stand_in.number else thing
    if isinstance(thing, tuple):
        made = [_put(part, stand_in, value) for part in thing]
        return thing if all(map(is_, made, thing)) else tuple(made)
    if isinstance(thing, ClassAd):
        changed = {name: new for name, expr in thing.items() if (new := _put(expr, stand_in, value)) is not expr}
        return thing.with_(changed) if changed else thing
    if not is_dataclass(thing):
        return thing
    kind: Any = type(thing)
    parts = [getattr(thing, name) for name in _parts_of(kind)]
    made = [_put(part, stand_in, value) for part in parts]
    if all(map(is_, made, parts)):
        return thing
    return kind(**dict(zip(_parts_of(kind), made, strict=True)))


@cache
def _parts_of(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind) if part.init)
