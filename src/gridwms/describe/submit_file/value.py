"""A command of a submit file, ready to be mapped."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.convert.lost import Place


@dataclass(frozen=True, slots=True)
class Value:
    """A command as it was written: its name, its text with macros replaced, its place."""

    name: str
    text: str
    place: Place

    @property
    def origin(self) -> Origin:
        return Origin(self.name, self.place)
