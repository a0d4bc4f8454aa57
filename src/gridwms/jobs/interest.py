"""Which events somebody wants to hear of: one language for streams, commands, webhooks and mail.

It is written as names with values: `state=DONE,ABORTED tag=campaign=spring`. Several values of one name: any of them;
several names: all must hold. `type` is that of an event, `state` the state that the event brought its job into; all
else is about the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gridwms.jobs.events import EVENT_TYPES
from gridwms.jobs.ids import key_of
from gridwms.jobs.states import DoneCode, State

MAX_VALUES = 1000
"""Of one name."""
ENDED = "ENDED"
"""Stands for the states in which the system has nothing left to do for a job."""
_GROUPS = {ENDED: ("DONE_OK", "DONE_CANCELLED", "ABORTED", "CANCELLED")}
_STATES = frozenset({*State.__members__, *(f"DONE_{code}" for code in DoneCode)}) - {State.UNKNOWN}
NAMES = ("job", "parent", "vo", "state", "type", "tag")


class BadInterest(ValueError):
    """A filter that is not understood; the text says what would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a filter may ask about the job of an event. `tags` (names in lower case) only where a filter
    asks for them."""

    key: str
    owner: str
    vo: str
    parent: str = ""
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """A filter. What is empty is not asked for. `owner`: whose jobs; None for anybody's. `jobs`, `parents`: keys."""

    owner: str | None = None
    jobs: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()
    vos: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]], owner: str | None = None) -> Interest:
        """From names with values; a value may be several, separated by commas. Raises BadInterest."""
        found: dict[str, set[str]] = {name: set() for name in NAMES}
        tags: set[tuple[str, str]] = set()
        for name, text in pairs:
            if name not in found:
                raise BadInterest(f"There is no filter '{name[:50]}'; there are {', '.join(NAMES)} and owner.")
            if name == "tag":
                tags.add(_tag(text))
                continue
            found[name] |= {_READ[name](value) for value in map(str.strip, text.split(",")) if value}
        for name, count in (*((name, len(values)) for name, values in found.items()), ("tag", len(tags))):
            if count > MAX_VALUES:
                raise BadInterest(f"The filter '{name}' has {count} values, and {MAX_VALUES} are the most.")
        return cls(
            owner=owner,
            jobs=frozenset(found["job"]),
            parents=frozenset(found["parent"]),
            vos=frozenset(found["vo"]),
            states=frozenset(one for state in found["state"] for one in _GROUPS.get(state, (state,))),
            types=frozenset(found["type"]),
            tags=frozenset(tags),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Names with values that `read` makes this of again; the owner is not among them."""
        sets = zip(NAMES, (self.jobs, self.parents, self.vos, self.states, self.types), strict=False)
        found = [(name, ",".join(sorted(values))) for name, values in sets if values]
        return found + [("tag", f"{name}={value}") for name, value in sorted(self.tags)]

    @property
    def hears_beginnings(self) -> bool:
        """Whether it may let through how nodes of compounds begin."""
        types, states = self.types & {"Registered", "Accepted"}, self.states & {State.SUBMITTED, State.WAITING}
        return bool(types or not self.types) and bool(states or not self.states)

    def admits(self, subject: Subject, kind: str, state: str | None, code: str | None) -> bool:
        """Whether an event of type `kind`, which brought its job into `state`, is to be told."""
        if self.owner is not None and subject.owner != self.owner:
            return False
        if self.types and kind not in self.types:
            return False
        if self.states and (state is None or (state not in self.states and f"{state}_{code}" not in self.states)):
            return False
        if self.jobs and subject.key not in self.jobs:
            return False
        if self.parents and subject.parent not in self.parents:
            return False
        if self.vos and subject.vo not in self.vos:
            return False
        tags = subject.tags or {}
        return all((name, tags.get(name)) in self.tags for name, _value in self.tags)


def _state(text: str) -> str:
    name = text.upper().replace(" ", "_").replace("(", "").replace(")", "")
    if name not in _STATES and name not in _GROUPS:
        raise BadInterest(f"'{text[:50]}' is not the state of a job; states are {', '.join(sorted(_STATES))}, {ENDED}.")
    return name


def _type(text: str) -> str:
    for name in EVENT_TYPES:
        if name.lower() == text.lower():
            return name
    raise BadInterest(f"'{text[:50]}' is not the type of an event; types are {', '.join(sorted(EVENT_TYPES))}.")


def _job(text: str) -> str:
    try:
        return key_of(text)
    except ValueError as error:
        raise BadInterest(f"{error}.") from error


def _tag(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise BadInterest(f"'{text[:50]}' is not a user tag; write tag=NAME=VALUE.")
    return name.lower(), value


_READ: dict[str, Callable[[str], str]] = {"job": _job, "parent": _job, "vo": str, "state": _state, "type": _type}
