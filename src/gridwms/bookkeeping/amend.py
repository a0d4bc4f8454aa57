"""Changing a few fields of a large frozen record, several times faster than `dataclasses.replace`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def amender(record: type[T]) -> Callable[[T, Mapping[str, Any]], T]:
    """A function from an instance and changes to a new instance; KeyError for a change of no field."""
    names = [one.name for one in fields(record)]  # type: ignore[arg-type]
    places = {name: place for place, name in enumerate(names)}
    values_of = attrgetter(*names)

    def amend(instance: T, changes: Mapping[str, Any]) -> T:
        values = list(values_of(instance))
        for name, value in changes.items():
            values[places[name]] = value
        return record(*values)

    return amend
