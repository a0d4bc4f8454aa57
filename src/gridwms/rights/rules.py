"""All rules together, compiled once: what somebody may do is found by names, not by going through the rules.

A right is there when everybody has it or a rule allows it, and no rule denies it: the order of rules means nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gridwms.rights.names import USE, Right
from gridwms.rights.pattern import Pattern
from gridwms.rights.rule import Caller, Criterion, Rule, names_of

_KEPT = 20_000
"""Callers whose rights are kept in memory."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of somebody."""

    everyone: frozenset[Right] = USE
    allowed: Mapping[Right, tuple[Rule, ...]] = field(default_factory=dict)
    denied: Mapping[Right, tuple[Rule, ...]] = field(default_factory=dict)

    def denial(self, right: Right, vo: str | None = None) -> Rule | None:
        """The rule that denies a right. `vo`: of the jobs that it is about, for rights that are about jobs of others;
        None: of any VO, so one that is denied is enough."""
        return next((rule for rule in self.denied.get(right, ()) if vo is None or rule.reaches(vo)), None)

    def grant(self, right: Right, vo: str | None = None) -> Rule | None:
        """A rule that allows it; for jobs of any VO when none is said."""
        found = self.allowed.get(right, ())
        return next((rule for rule in found if (not rule.narrow if vo is None else rule.reaches(vo))), None)

    @property
    def rules(self) -> list[Rule]:
        """All that are about them."""
        every = [rule for table in (self.allowed, self.denied) for found in table.values() for rule in found]
        return list({id(rule): rule for rule in every}.values())


NO_RULES = Verdict()


class Rules:
    """Any number of threads may ask. `everyone`: the rights of whomever no rule is about."""

    def __init__(self, rules: Sequence[Rule] = (), everyone: frozenset[Right] = USE) -> None:
        self.rules = tuple(rules)
        self.everyone = everyone
        self._index = _Index(self.rules)
        self._kept: dict[Caller, Verdict] = {}

    def of(self, caller: Caller) -> Verdict:
        """What the rules say of somebody."""
        found = self._kept.get(caller)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[caller] = self._verdict(caller)
        return found

    def about(self, caller: Caller) -> list[Rule]:
        """The rules that are about somebody, in their order."""
        names = names_of(caller)
        return [self.rules[at] for at in sorted(self._index.candidates(names)) if self.rules[at].fits(names)]

    def _verdict(self, caller: Caller) -> Verdict:
        allowed: dict[Right, list[Rule]] = defaultdict(list)
        denied: dict[Right, list[Rule]] = defaultdict(list)
        for rule in self.about(caller):
            for right in rule.allow:
                allowed[right].append(rule)
            for right in rule.deny:
                denied[right].append(rule)
        return Verdict(self.everyone, _fixed(allowed), _fixed(denied))


def _fixed(table: Mapping[Right, list[Rule]]) -> dict[Right, tuple[Rule, ...]]:
    return {right: tuple(rules) for right, rules in table.items()}


class _Ends:
    """Patterns by what a name must begin (or end) with."""

    def __init__(self) -> None:
        self._by_length: dict[int, dict[str, list[int]]] = {}

    def add(self, text: str, at: int) -> None:
        self._by_length.setdefault(len(text), {}).setdefault(text, []).append(at)

    def of_beginnings(self, name: str) -> Iterable[int]:
        for length, table in self._by_length.items():
            if length <= len(name):
                yield from table.get(name[:length], ())

    def of_endings(self, name: str) -> Iterable[int]:
        for length, table in self._by_length.items():
            if length <= len(name):
                yield from table.get(name[len(name) - length :], ())


class _Index:
    """Each rule under the names of its most telling criterion; those without any are always looked at."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._exact: dict[tuple[Criterion, str], list[int]] = defaultdict(list)
        self._begins: dict[Criterion, _Ends] = defaultdict(_Ends)
        self._ends: dict[Criterion, _Ends] = defaultdict(_Ends)
        self._others: list[int] = []
        order = list(Criterion)
        for at, rule in enumerate(rules):
            if not rule.who:
                self._others.append(at)
                continue
            criterion, patterns = min(rule.who, key=lambda one: order.index(one[0]))
            for pattern in patterns:
                self._put(criterion, pattern, at)

    def _put(self, criterion: Criterion, pattern: Pattern, at: int) -> None:
        if pattern.exact:
            self._exact[criterion, pattern.parts[0]].append(at)
        elif pattern.parts[0] or not pattern.parts[-1]:
            self._begins[criterion].add(pattern.parts[0], at)
        else:
            self._ends[criterion].add(pattern.parts[-1], at)

    def candidates(self, names: Mapping[Criterion, tuple[str, ...]]) -> set[int]:
        """The rules that may be about somebody."""
        found = set(self._others)
        for criterion, of_it in names.items():
            for name in of_it:
                found.update(self._exact.get((criterion, name), ()))
                if criterion in self._begins:
                    found.update(self._begins[criterion].of_beginnings(name))
                if criterion in self._ends:
                    found.update(self._ends[criterion].of_endings(name))
        return found
