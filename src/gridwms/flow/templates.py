"""Descriptions of nodes from their template, mostly without reading the text anew: that costs ten times as much.

A value of letters and digits in strings of the template changes nothing but these strings. So the template is read once
with a stand-in, and where the stand-in came to stand the value is put. The first values are read in full as well; a
template for which the two ways differ, or which has the placeholder elsewhere than in strings, is always read in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from gridwms.classad import ClassAd, Expr, Literal
from gridwms.describe.compound import PLACEHOLDER, node_text
from gridwms.describe.description import Description
from gridwms.describe.jdl.read import read_stored

_STAND_IN = "gw7StandIn7gw"
_PLAIN = re.compile(r"[A-Za-z0-9_]{1,200}")
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
        self._quick: bool | None = None if PLACEHOLDER in text else False
        self._compared = 0

    def read(self, value: str) -> Description | None:
        """The description for a value; None when it cannot be read."""
        if self._quick is False or not _PLAIN.fullmatch(value) or _STAND_IN in self._text:
            return self._whole(value)
        if self._quick is None:
            self._quick = self._learn()
        model = self._model
        if not self._quick or model is None or value.casefold() in self._constants:
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

    def _learn(self) -> bool:
        """Find where the stand-in stands; whether that is in strings only."""
        model = self._model = self._whole(_STAND_IN)
        if model is None:
            return False
        self._attributes = [(name, expr) for name, expr in model.ad.items() if _holds(expr)]
        self._parts = {
            part.name: getattr(model, part.name)
            for part in fields(model)
            if part.name != "ad" and _holds(getattr(model, part.name))
        }
        # A string that becomes equal to another one of the description may mean something else.
        self._constants = frozenset(text.casefold() for text in _strings(model) if _STAND_IN not in text)
        bare = _STAND_IN.casefold()
        return not any(bare in name.casefold() for name in _names(model))

    def _made(self, model: Description, value: str) -> Description:
        changes = {name: _put(part, value) for name, part in self._parts.items()}
        if self._attributes:
            changes["ad"] = model.ad.with_({name: _put(expr, value) for name, expr in self._attributes})
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


def _holds(thing: Any) -> bool:
    return any(_STAND_IN in text for text in _strings(thing))


def _put(thing: Any, value: str) -> Any:
    """The same with the value in the place of the stand-in."""
    if isinstance(thing, str):
        return thing.replace(_STAND_IN, value)
    if not _holds(thing):
        return thing
    if isinstance(thing, tuple):
        return tuple(_put(part, value) for part in thing)
    if isinstance(thing, ClassAd):
        return thing.with_({name: _put(expr, value) for name, expr in thing.items()})
    kept = {part.name: _put(getattr(thing, part.name), value) for part in fields(thing) if part.init}
    return type(thing)(**kept)
