"""The lines that go to the scripts at a site, and what their answers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gridwms.sites.batch.dialect import State
from gridwms.sites.batch.spool import Place

Key = tuple[str, int]
"""A batch, and the index of an attempt in it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the files say beside the states. `over`: attempts that have ended. `shared`: the tasks of those that share
    one. `nodes`: since when the batch system runs there."""

    over: set[Key]
    shared: dict[Key, str]
    nodes: dict[str, float]

    def runs(self, place: Place) -> Place:
        """The place with the task that runs it, which may have been meant for another."""
        task = self.shared.get(place.key)
        return place if task is None else replace(place, task=task)

    @property
    def busy(self) -> set[str]:
        """Tasks that still run one of those that they share."""
        return {task for key, task in self.shared.items() if key not in self.over}


def told_by(lines: Iterable[str]) -> Told:
    """What `states` says beside them."""
    told = Told(set(), {}, {})
    for line in lines:
        match line.split():
            case ["+over", batch, index]:
                told.over.add((batch, int(index)))
            case ["+shared", batch, index, task]:
                told.shared[batch, int(index)] = task
            case ["+node", name, seconds]:
                told.nodes[name] = float(seconds)
    return told


def state_of(states: Mapping[str, State], place: Place) -> State | None:
    """A batch system that lost its memory gives numbers anew: what is of another batch is not meant."""
    state = states.get(place.task)
    return state if state is not None and state.batch in ("", place.batch) else None


def rows(of: Iterable[Sequence[object]]) -> bytes:
    """For standard input: a line each, with blanks between."""
    return "".join(" ".join(map(str, row)) + "\n" for row in of).encode()


def parts_of(lines: Iterable[str]) -> dict[Key, dict[str, list[str]]]:
    """What `collect` says, by attempt and kind."""
    parts: dict[Key, dict[str, list[str]]] = {}
    current: list[str] = []
    for line in lines:
        if line.startswith("+"):
            kind, batch, index = line[1:].split()
            found = parts.setdefault((batch, int(index)), {"log": [], "events": [], "outputs": [], "wish": []})
            current = found.get(kind, [])
        else:
            current.append(line[1:])
    return parts
