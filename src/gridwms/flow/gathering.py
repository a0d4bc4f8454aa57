"""What many wrappers and sites say, gathered: what is said alike of many jobs is one event of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from gridwms.flow.worker_lines import Said, read_line
from gridwms.jobs.cohorts import Batch
from gridwms.jobs.events import Event, Report

Read = tuple[str, float, Said]
"""Id, time and meaning of a line."""


def read_lines(lines: Iterable[str], attempt: int, matched_at: float, now: float) -> list[Read]:
    """The reports in lines of the wrapper of an attempt. Raises BadLine with the first that is none."""
    found = (read_line(line, attempt, matched_at, now) for line in lines if line and not line.isspace())
    return [read for read in found if read is not None]


class _Group(NamedTuple):
    said: Said
    time: float
    attempt: int
    keys: list[str]
    ids: list[str]

    def told(self) -> tuple[str, Event] | Batch:
        event = self.said.type(id=self.ids[0], time=self.time, attempt=self.attempt, **self.said.fields)
        return (self.keys[0], event) if len(self.keys) == 1 else Batch(self.keys, event, self.ids)


class Gathering:
    """Lines of wrappers. What one of them says stays in its order."""

    def __init__(self) -> None:
        self._layers: list[dict[tuple[int, float, int], _Group]] = []

    def add(self, key: str, attempt: int, reads: Sequence[Read]) -> None:
        """All that was said of one job."""
        for place, (ident, time, said) in enumerate(reads):
            if place == len(self._layers):
                self._layers.append({})
            group = self._layers[place].get((id(said), time, attempt))
            if group is None:
                group = self._layers[place][id(said), time, attempt] = _Group(said, time, attempt, [], [])
            group.keys.append(key)
            group.ids.append(ident)

    def events(self) -> list[tuple[str, Event] | Batch]:
        """First what each said first."""
        return [group.told() for layer in self._layers for group in layer.values()]


class Alike:
    """Reports that the service itself makes, one of each job: those that are made alike are one event."""

    def __init__(self) -> None:
        self._made: dict[Any, tuple[Report, list[str], list[str]]] = {}

    def add(self, alike: Any, key: str, make: Callable[[], Report], value: str | None = None) -> None:
        """Add a report of a job. `alike`: what it is made of, but for the `value` that each has for itself."""
        found = self._made.get(alike)
        if found is None:
            found = self._made[alike] = make(), [], []
        found[1].append(key)
        if value is not None:
            found[2].append(value)

    def events(self) -> list[tuple[str, Event] | Batch]:
        """In the order in which they were first made."""
        return [
            (keys[0], report) if len(keys) == 1 else Batch(keys, report, values=values or None)
            for report, keys, values in self._made.values()
        ]
