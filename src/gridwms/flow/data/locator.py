"""Asks catalogues where data lies: by sets, in threads of its own, for all jobs that want it; the answers are kept.

Matching asks `where`, which looks at what is known and never waits. What is not known yet, or known for too long, is
put to its catalogue by `ask`, many names in one question. A catalogue that does not answer is asked again after a pause
that grows; what it said before holds for a while, and after that the jobs wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from gridwms.catalogue.contract import Catalogue, CatalogueError, File
from gridwms.describe.data import DataSet, KnownCatalogue, catalogue_for
from gridwms.flow.data.located import Located
from gridwms.jobs.reasons import Reason, reason

_LONGEST_PAUSE = 300.0
_FIRST_PAUSE = 5.0
_NOT_WANTED = 3600.0
"""Seconds after which a data set that nobody asks for is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A catalogue with its pace. Times in seconds: what it said is asked again after `refresh` (a name that it does not
    know after `unknown`) and holds for `keep` when it does not answer. `batch`: names in one question."""

    catalogue: Catalogue
    known: KnownCatalogue
    refresh: float = 600.0
    unknown: float = 60.0
    keep: float = 86400.0
    batch: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueHealth:
    """How a catalogue is doing. Times in seconds since the epoch; `names`: how many are known or to be asked."""

    name: str
    type: str
    last_try: float | None = None
    last_good: float | None = None
    failures: int = 0
    error: str = ""
    names: int = 0


@dataclass(slots=True)
class _Name:
    """What one catalogue said of a name. `told` None: not yet; `trouble`: why it was refused; `changed`: the version of
    the catalogue's shelf when it last said something new."""

    told: float | None = None
    files: tuple[File, ...] = ()
    trouble: str = ""
    due: float = 0.0
    changed: int = 0


@dataclass(slots=True)
class _Shelf:
    asked: Asked
    health: CatalogueHealth
    names: dict[str, _Name] = field(default_factory=dict)
    not_before: float = 0.0
    version: int = 0
    """Grows when anything that it said changes."""
    asking: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class _Set:
    """A data set that jobs want. `seen`: the versions of its catalogues when `answer` was made; it holds `until`."""

    parts: tuple[tuple[_Shelf, tuple[str, ...]], ...]
    wanted: float
    seen: tuple[int, ...] = ()
    answer: Located | Reason | None = None
    until: float = 0.0

    def touched(self) -> bool:
        """Whether its catalogues have said something new of its own names since `seen`."""
        return any(
            shelf.version != seen and any(shelf.names[name].changed > seen for name in names)
            for (shelf, names), seen in zip(self.parts, self.seen, strict=True)
        )


class Locator:
    """Used by several threads. `news`: called when jobs may have got an answer; `wake`: a catalogue has questions."""

    def __init__(self, catalogues: Sequence[Asked] = (), clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._shelves = {
            one.known.name: _Shelf(one, CatalogueHealth(name=one.known.name, type=one.known.type)) for one in catalogues
        }
        self._sets: dict[DataSet, _Set] = {}
        self._lock = Lock()
        self.news: Callable[[], None] = lambda: None
        self.wake: Callable[[str], None] = lambda _name: None

    @property
    def catalogues(self) -> tuple[KnownCatalogue, ...]:
        """Those that are asked, in their order."""
        return tuple(shelf.asked.known for shelf in self._shelves.values())

    def named(self, name: str) -> Catalogue | None:
        """The catalogue of this name."""
        shelf = self._shelves.get(name)
        return shelf.asked.catalogue if shelf is not None else None

    def health(self) -> list[CatalogueHealth]:
        """How each is doing."""
        with self._lock:
            return [replace(shelf.health, names=len(shelf.names)) for shelf in self._shelves.values()]

    def where(self, data: DataSet) -> Located | Reason:
        """Where the data lies, or why jobs have to wait. The same object until something changes; never waits."""
        now = self._clock()
        with self._lock:
            known = self._sets.get(data)
            if known is None:
                found = self._new(data, now)
                if isinstance(found, Reason):
                    return found
                known = self._sets[data] = found
                for shelf, names in known.parts:
                    for name in names:
                        shelf.names.setdefault(name, _Name())
            known.wanted = now
            seen = tuple(shelf.version for shelf, _names in known.parts)
            answer = known.answer
            if isinstance(answer, Located) and now < known.until and not known.touched():
                known.seen = seen
            elif answer is None or seen != known.seen or now >= known.until:
                fresh, known.until = self._answer(data, known, now)
                known.seen = seen
                answer = known.answer = answer if answer is not None and _same(fresh, answer) else fresh
            waiting = {s.asked.known.name for s, names in known.parts if any(s.names[n].told is None for n in names)}
        for name in waiting if isinstance(answer, Reason) else ():
            self.wake(name)
        return answer

    def _new(self, data: DataSet, now: float) -> _Set | Reason:
        parts: dict[str, dict[str, None]] = {}
        for need in data.needs:
            chosen = catalogue_for(need, data.vo, self.catalogues)
            if chosen is None:
                return reason("no_catalogue", vo=data.vo, name=need.names[0], catalogue=need.catalogue or need.type)
            parts.setdefault(chosen.name, {}).update(dict.fromkeys(need.names))
        return _Set(tuple((self._shelves[name], tuple(names)) for name, names in parts.items()), now)

    def _answer(self, data: DataSet, known: _Set, now: float) -> tuple[Located | Reason, float]:
        """The answer by what the catalogues said, and until when it holds."""
        found: list[tuple[str, tuple[File, ...]]] = []
        until = float("inf")
        for shelf, names in known.parts:
            health, keep = shelf.health, shelf.asked.keep
            for name in names:
                entry = shelf.names[name]
                if entry.trouble and (entry.told is None or now - entry.told >= keep):
                    return reason("data_refused", catalogue=health.name, name=name, why=entry.trouble), until
                if entry.told is None or now - entry.told >= keep:
                    if health.error:
                        return reason("catalogue_silent", catalogue=health.name, why=health.error), until
                    return reason("data_asked", catalogue=health.name), until
                until = min(until, entry.told + keep)
                found.append((name, entry.files))
        located = Located.of(found, data.protocols)
        if located.files:
            return located, until
        asked = " and ".join(shelf.health.name for shelf, _names in known.parts)
        first = ", ".join(located.unknown[:3]) + (", ..." if len(located.unknown) > 3 else "")
        return reason("data_unknown", catalogue=asked, names=first), until

    def ask(self, name: str) -> bool:
        """Put to a catalogue what is due; whether more is due now. Never raises for what a catalogue does."""
        shelf = self._shelves[name]
        with shelf.asking:
            now = self._clock()
            with self._lock:
                self._forget(now)
                if now < shelf.not_before:
                    return False
                due = sorted((entry.due, one) for one, entry in shelf.names.items() if entry.due <= now)
            names = [one for _due, one in due[: shelf.asked.batch]]
            if not names:
                return False
            changed = self._put(shelf, names)
        if changed:
            self.news()
        return shelf.health.failures == 0 and len(due) > len(names)

    def find_now(self, wanted: Iterable[DataSet]) -> None:
        """Ask at once for what is not known yet of these. May take as long as the time-outs of the catalogues."""
        for data in set(wanted):
            self.where(data)
        for shelf in self._shelves.values():
            with shelf.asking:
                with self._lock:
                    missing = [name for name, entry in shelf.names.items() if entry.told is None and not entry.trouble]
                while missing and self._clock() >= shelf.not_before:
                    self._put(shelf, missing[: shelf.asked.batch])
                    missing = missing[shelf.asked.batch :]

    def _put(self, shelf: _Shelf, names: list[str]) -> bool:
        """One question; whether anything that is known has changed."""
        try:
            found: Mapping[str, tuple[File, ...] | CatalogueError] | str = shelf.asked.catalogue.find(names)
        except CatalogueError as trouble:
            found = str(trouble)
        except Exception as trouble:  # noqa: BLE001 - one broken catalogue must not stop the others
            found = f"it failed unexpectedly: {type(trouble).__name__}: {trouble}"
        now = self._clock()
        with self._lock:
            if isinstance(found, str):
                failures = shelf.health.failures + 1
                shelf.not_before = now + min(_FIRST_PAUSE * 2.0 ** (failures - 1), _LONGEST_PAUSE)
                told = shelf.health.error != found
                shelf.health = replace(shelf.health, last_try=now, failures=failures, error=found)
                shelf.version += told
                return told
            back = bool(shelf.health.error)
            shelf.health = replace(shelf.health, last_try=now, last_good=now, failures=0, error="")
            changed = [one for one in names if one in shelf.names and _note(shelf, one, found.get(one, ()), now)]
            if changed or back:
                shelf.version += 1
            for one in changed:
                shelf.names[one].changed = shelf.version
            return bool(changed) or back

    def _forget(self, now: float) -> None:
        """What nobody wants any more."""
        old = [data for data, known in self._sets.items() if now - known.wanted > _NOT_WANTED]
        if not old:
            return
        for data in old:
            del self._sets[data]
        wanted: dict[int, set[str]] = {}
        for known in self._sets.values():
            for shelf, names in known.parts:
                wanted.setdefault(id(shelf), set()).update(names)
        for shelf in self._shelves.values():
            kept = wanted.get(id(shelf), set())
            shelf.names = {name: entry for name, entry in shelf.names.items() if name in kept}

    def close(self) -> None:
        """Let go of the catalogues."""
        for shelf in self._shelves.values():
            shelf.asked.catalogue.close()


def _same(new: Located | Reason, old: Located | Reason) -> bool:
    """Whether an answer says what the one before said: then that stays, and nothing is matched anew."""
    if isinstance(new, Located) and isinstance(old, Located):
        return new.files == old.files and new.unknown == old.unknown
    return new == old


def _note(shelf: _Shelf, name: str, said: Iterable[File] | CatalogueError, now: float) -> bool:
    """Keep what a catalogue said of a name; whether that is something new."""
    entry = shelf.names[name]
    if isinstance(said, CatalogueError):
        entry.due = now + shelf.asked.unknown
        new = entry.trouble != str(said)
        entry.trouble = str(said)
        return new
    files = tuple(said)
    new = entry.told is None or entry.files != files or bool(entry.trouble)
    # One that is told of again holds longer: answers that were made of it are looked at anew when they end.
    entry.told, entry.files, entry.trouble = now, files, ""
    entry.due = now + (shelf.asked.refresh if files else shelf.asked.unknown)
    return new
