"""Matching turned round: one resource asks, and the classes of waiting jobs are matched against it.

All terms of all classes are kept once each, by the attribute that they read; a resource settles all terms on one
attribute together, and a class matches when none of its terms is missing. Answers are remembered by value, so that a
thousand equal pilots cost one evaluation.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy
from numpy.typing import NDArray

from gridwms.classad.ad import ClassAd
from gridwms.classad.columns.condition import leaf_of
from gridwms.classad.columns.match import Rank
from gridwms.classad.columns.probe import Probe
from gridwms.classad.columns.store import OPEN, SPECIAL_NAMES, cells_of
from gridwms.classad.columns.terms import Terms
from gridwms.classad.context import EvaluationContext
from gridwms.classad.flatten import flatten
from gridwms.classad.operators import truth
from gridwms.classad.references import ANYTHING, conjuncts, references
from gridwms.classad.tree import Expr, Literal
from gridwms.classad.unparse import unparse
from gridwms.classad.values import UNDEFINED

_REMEMBERED = 4096
Words = NDArray[numpy.uint64]


@dataclass(slots=True)
class JobClass:
    """Jobs of which everything that a match can read is equal. The queue holds (-priority, order, job)."""

    number: int
    my: ClassAd
    # Terms that need the job's own ad or the clock: asked for this class only.
    own_terms: tuple[Probe, ...]
    parts: tuple[tuple[int, Expr], ...]
    rank: Rank
    queue: list[tuple[float, int, Hashable]] = field(default_factory=list)


class PullIndex:
    """The waiting jobs, by class."""

    def __init__(self, context: EvaluationContext | None = None) -> None:
        self.context = context
        self.classes: list[JobClass] = []
        self.by_key: dict[tuple[str, ...], int] = {}
        self.terms: dict[str, int] = {}
        self.by_name: dict[str, Terms] = {}
        # Terms that read several attributes, or what is no plain attribute.
        self.wide: list[tuple[int, frozenset[str], Probe]] = []
        self.order = 0
        self.gone: set[Hashable] = set()
        # The classes that match, by the terms that are TRUE.
        self._found: dict[int, NDArray[numpy.int64]] = {}
        self._needs: Words = numpy.zeros((0, 1), dtype=numpy.uint64)
        self._priorities = numpy.full(0, -numpy.inf)

    # -- jobs

    def class_of(self, my: ClassAd, *, requirements: str = "requirements", rank: str = "rank") -> int:
        """The number of the class of a job; a new class if there is none like it."""
        residue, _ = flatten(my.get(requirements, Literal(True)), my)
        ranking = Rank(my.get(rank, Literal(0)), my)
        texts = [unparse(term) for term in conjuncts(residue)]
        shared = [not references(term)[0] for term in conjuncts(residue)]
        own = not all(shared) or not ranking.columnar
        key = (*texts, "rank", ranking.key, unparse(my) if own else "")
        number = self.by_key.get(key)
        if number is None:
            number = self.by_key[key] = len(self.classes)
            parts, own_terms = self._enter(conjuncts(residue), texts, my)
            self.classes.append(JobClass(number, my, own_terms, parts, ranking))
            self._found.clear()
            self._grow(parts)
        return number

    def _enter(
        self, parts: list[Expr], texts: list[str], my: ClassAd
    ) -> tuple[tuple[tuple[int, Expr], ...], tuple[Probe, ...]]:
        shared: list[tuple[int, Expr]] = []
        own: list[Probe] = []
        for part, text in zip(parts, texts, strict=True):
            mine, other = references(part)
            if mine or ANYTHING in other:
                own.append(Probe(part, my, self.context))
                continue
            number = self.terms.get(text)
            if number is None:
                number = self.terms[text] = len(self.terms)
                self._index(part, other, 1 << number)
            shared.append((1 << number, part))
        return tuple(shared), tuple(own)

    def _index(self, part: Expr, names: frozenset[str], bit: int) -> None:
        probe = Probe(part, None, self.context)
        if len(names) == 1 and not names & SPECIAL_NAMES and leaf_of(part).key:
            (name,) = names
            self.by_name.setdefault(name, Terms(name)).add(part, bit, probe)
        else:
            self.wide.append((bit, names, probe))

    def _grow(self, parts: tuple[tuple[int, Expr], ...]) -> None:
        rows, words = len(self.classes), len(self.terms) // 64 + 1
        if rows > len(self._needs) or words > self._needs.shape[1]:
            height = len(self._needs) if rows <= len(self._needs) else max(rows, len(self._needs) * 2, 64)
            grown = numpy.zeros((height, max(words, self._needs.shape[1])), dtype=numpy.uint64)
            grown[: len(self._needs), : self._needs.shape[1]] = self._needs
            self._needs = grown
            priorities = numpy.full(len(grown), -numpy.inf)
            priorities[: len(self._priorities)] = self._priorities
            self._priorities = priorities
        for bit, _ in parts:
            word, shift = divmod(bit.bit_length() - 1, 64)
            self._needs[rows - 1, word] |= numpy.uint64(1 << shift)

    def add(self, number: int, job: Hashable, priority: float = 0.0) -> None:
        """A waiting job of a class. Of equal priorities the one that came first goes first."""
        self.order += 1
        self.gone.discard(job)
        waiting = self.classes[number]
        heapq.heappush(waiting.queue, (-priority, self.order, job))
        self._priorities[number] = -waiting.queue[0][0]

    def extend(self, number: int, jobs: Iterable[tuple[Hashable, float]]) -> None:
        """Many jobs of one class at once."""
        waiting = self.classes[number]
        for job, priority in jobs:
            self.order += 1
            waiting.queue.append((-priority, self.order, job))
        heapq.heapify(waiting.queue)
        self._priorities[number] = -waiting.queue[0][0] if waiting.queue else -numpy.inf

    def remove(self, job: Hashable) -> None:
        """A job that is not waiting any more."""
        self.gone.add(job)

    # -- resources

    def matching(self, resource: ClassAd) -> NDArray[numpy.int64]:
        """The numbers of the classes whose Requirements are TRUE for a resource."""
        true, unsettled = self.true_terms(resource)
        if not unsettled and (known := self._found.get(true)) is not None:
            return known
        words = self._needs.shape[1]
        settled = numpy.frombuffer((true | unsettled).to_bytes(words * 8, "little"), dtype="<u8")
        found = numpy.flatnonzero(~(self._needs[: len(self.classes)] & ~settled).any(axis=1))
        personal = unsettled or any(self.classes[n].own_terms for n in found.tolist())
        if not personal:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[true] = found
            return found
        refused = [n for n in found.tolist() if not self._holds(self.classes[n], resource, unsettled)]
        return found[~numpy.isin(found, refused)] if refused else found

    def _holds(self, waiting: JobClass, resource: ClassAd, unsettled: int) -> bool:
        """Whether the terms that had to be left open are TRUE for a class."""
        probes = list(waiting.own_terms)
        if unsettled:
            probes += [Probe(part, waiting.my, self.context) for bit, part in waiting.parts if bit & unsettled]
        return all(truth(probe.with_ad(resource)) is True for probe in probes)

    def true_terms(self, resource: ClassAd) -> tuple[int, int]:
        """The terms that are TRUE for a resource, and those that depend on the job that asks, as sets of bits."""
        cells = cells_of(resource, self.context)
        # The cells are the constants themselves if nothing else is in the ad.
        computed = set() if cells is resource.constants else {n for n, value in cells.items() if value is OPEN}
        true = unsettled = 0
        for name, terms in self.by_name.items():
            value = cells.get(name, UNDEFINED)
            if value is OPEN:
                unsettled |= terms.bits
            else:
                true |= terms.true(value)  # type: ignore[arg-type]
        for bit, names, probe in self.wide:
            if computed and (computed & names or ANYTHING in names or names & SPECIAL_NAMES):
                unsettled |= bit
            elif truth(probe.with_ad(resource)) is True:
                true |= bit
        return true, unsettled

    def pull(self, resource: ClassAd) -> Hashable | None:
        """Take the waiting job of the highest priority that a resource may run; None if there is none."""
        classes = self.matching(resource)
        while len(classes):
            best = int(classes[int(numpy.argmax(self._priorities[classes]))])
            queue = self.classes[best].queue
            while queue and queue[0][2] in self.gone:
                self.gone.discard(heapq.heappop(queue)[2])
            if queue and self._priorities[best] == -queue[0][0]:
                job = heapq.heappop(queue)[2]
                self._priorities[best] = -queue[0][0] if queue else -numpy.inf
                return job
            self._priorities[best] = -queue[0][0] if queue else -numpy.inf
            if not queue and not numpy.isfinite(self._priorities[classes]).any():
                return None
        return None
