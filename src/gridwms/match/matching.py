"""Requirements both ways, policies and Rank, over a whole snapshot (gLite reference §2.2, steps 2 and 4).

The job's Requirements and the service's policies must be true on the resource, and the resource's own Requirements, if
it has any, true on the job. Undefined and error are no match. A rank that is not a number leaves the resource out of
the choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

import numpy

from gridwms.classad import Call, ClassAd, Expr, Group, Literal, conjuncts, flatten, unparse
from gridwms.classad.columns import Condition, Planes, Rank, mask_of, rows_of
from gridwms.classad.columns.leaves import attribute_of
from gridwms.classad.columns.planes import Rows
from gridwms.classad.columns.store import ColumnStore
from gridwms.classad.text import fold
from gridwms.classad.tree import Binary, Unary
from gridwms.match.data import Nearness, Wanted
from gridwms.match.misses import nearest
from gridwms.match.owners import own_conditions
from gridwms.match.policies import DATA, INPUT_DATA, MOST_FILES
from gridwms.match.relax import relaxations
from gridwms.match.resources import Snapshot
from gridwms.match.verdict import ClauseCount, Counts, Ranking, Reals, Verdict

_FEW = 200
"""So few are sorted at once."""
_TRUTH_OPERATORS = frozenset(("<", "<=", ">", ">=", "==", "!=", "=?=", "=!=", "&&", "||"))
_TRUTH_FUNCTIONS = frozenset(
    ("member", "regexp", "isundefined", "iserror", "isstring", "stringlistmember", "anymatch", "allmatch")
)


class Matching:
    """The Requirements and Rank of one class of jobs, compiled once, for any number of snapshots."""

    def __init__(self, ad: ClassAd, requirements: Expr, rank: Expr, policies: Mapping[str, Expr] | None = None) -> None:
        """`ad`: the matching ad of the class. `policies`: by name (`match.policies`)."""
        self._ad = ad
        given = policies or {}
        self._policies = {name: Condition.of(expr, ad) for name, expr in given.items() if name not in DATA}
        self._data_rules = frozenset(name for name in DATA if given.get(name) == Literal(True))
        self._terms = _terms(requirements)
        self._whole = Condition.of(requirements, ad)
        self._rank = Rank(rank, ad)
        self._by_data = _is_access_cost(rank)
        self._alone = len(self._terms) == 1 and not _is_truth(self._terms[0])

    def on(self, snapshot: Snapshot, data: Wanted | None = None, *, most_files: bool = True) -> Verdict:
        """The verdict on all resources of a snapshot.

        `data`: where the input data of these jobs lies. `most_files`: of those that match only the ones near the most.
        """
        store = snapshot.columns
        near = data.near(snapshot) if data is not None else None
        matching = self._whole.true_rows(store)
        if self._alone and matching:
            matching &= _truths(self._terms[0], self._ad, store)
        for policy in self._policies.values():
            matching &= policy.planes(store).true if matching else 0
        for condition in own_conditions(store):
            asked = condition.rows & matching
            if asked:
                matching &= ~asked | condition.truth(self._ad, store, asked).true
        if near is not None and INPUT_DATA in self._data_rules:
            matching &= near.some
        best = 0
        if near is not None and most_files and MOST_FILES in self._data_rules and matching:
            matching = near.most(matching)
            best = int(near.counts[rows_of(matching, store.count)[0]])
        rows, ranks, unranked = self._ranked(store, matching, near)
        return Verdict(
            snapshot=snapshot.version,
            considered=store.alive.bit_count(),
            candidates=Ranking(snapshot, rows, ranks),
            unranked=tuple(sorted(store.names(unranked))),
            count=partial(self._count, store, near, best),
        )

    def _ranked(self, store: ColumnStore, matching: int, near: Nearness | None) -> tuple[Rows, Reals, Rows]:
        """Those that match and have a rank, best first, their ranks, and those that match without one.

        Where many classes share the rank, all resources stand in its order already, and nothing is sorted.
        """
        by_data = near is not None and self._by_data
        rows = rows_of(matching, store.count)
        if len(rows) > _FEW and not by_data:
            order = self._rank.order(store)
            if order is not None:
                mask = mask_of(matching, store.count)
                ordered = order[mask[order]]
                left = numpy.setdiff1d(rows, ordered, assume_unique=True) if len(ordered) < len(rows) else rows[:0]
                return ordered, self._rank.values(store, ordered), left
        if near is not None and by_data:
            ranks = near.counts[rows].astype(numpy.float64)
        else:
            ranks = self._rank.values(store, rows)
        ranked = ~numpy.isnan(ranks)
        by_rank = numpy.argsort(-ranks[ranked], kind="stable")
        return rows[ranked][by_rank], ranks[ranked][by_rank], rows[~ranked]

    def _count(self, store: ColumnStore, near: Nearness | None, best: int) -> Counts:
        """How many each condition rejects, and how many it alone. `best`: files that those near the most are near."""
        asked = [(term, self._planes(term, store)) for term in self._terms if term != Literal(True)]
        refusals: dict[Expr, Planes] = {}
        for condition in own_conditions(store):
            for term, planes in condition.terms(self._ad, store):
                known = refusals.get(term, Planes(store.alive, 0, 0))
                kept = ~condition.rows
                refusals[term] = Planes(
                    (known.true & kept) | planes.true,
                    (known.false & kept) | planes.false,
                    (known.error & kept) | planes.error,
                )
        refused = [(term, planes) for term, planes in refusals.items() if planes.true != store.alive]
        ruled = [(name, condition.planes(store)) for name, condition in self._policies.items()]
        ruled += self._data_planes(store.alive, near, best)
        alone = _rejected_once((planes for _, planes in (*asked, *refused, *ruled)), store.alive)
        counts = [_clause_count(unparse(term), planes, alone, store.alive) for term, planes in refused]
        conditions: list[tuple[str, Expr | None, Planes]] = [
            *((unparse(term), flatten(term, self._ad)[0], planes) for term, planes in asked),
            *((unparse(term), None, planes) for term, planes in refused),
            *((name, None, planes) for name, planes in ruled),
        ]
        return Counts(
            clauses=tuple(self._with_relaxed(term, planes, alone, store) for term, planes in asked),
            refusals=tuple(sorted(counts, key=lambda count: (-count.rejects, count.clause))),
            policies=tuple(_clause_count(name, planes, alone, store.alive) for name, planes in ruled),
            misses=nearest(conditions, store),
        )

    def _data_planes(self, alive: int, near: Nearness | None, best: int) -> list[tuple[str, Planes]]:
        """What the input data rejects: those near no file, and those near some but fewer than others that match."""
        if near is None:
            return []
        some = near.some if INPUT_DATA in self._data_rules else alive
        found = [(INPUT_DATA, Planes(some, alive & ~some, 0))] if INPUT_DATA in self._data_rules else []
        if best and MOST_FILES in self._data_rules:
            fewer = near.fewer(best) & some
            found.append((MOST_FILES, Planes(alive & ~fewer, fewer, 0)))
        return found

    def _with_relaxed(self, term: Expr, planes: Planes, alone: int, store: ColumnStore) -> ClauseCount:
        """The count of a clause of the job, with the changes of its value that would open something."""
        count = _clause_count(unparse(term), planes, alone, store.alive)
        if not count.alone:
            return count
        rows = rows_of(store.alive & ~planes.true & alone, store.count)
        return replace(count, relaxed=relaxations(flatten(term, self._ad)[0], store, rows))

    def refused_by(self, snapshot: Snapshot, row: int) -> str:
        """The name of a policy that excludes one resource, "" when none does."""
        store = snapshot.columns
        for name, policy in self._policies.items():
            if not policy.planes(store).true >> row & 1:
                return name
        return ""

    def _planes(self, term: Expr, store: ColumnStore) -> Planes:
        planes = Condition.of(term, self._ad).planes(store)
        if not self._alone:
            return planes
        truths = _truths(term, self._ad, store)
        numbers = (planes.true | planes.false) & ~truths
        return Planes(planes.true & truths, planes.false & truths, planes.error | numbers)


def match(
    ad: ClassAd,
    requirements: Expr,
    rank: Expr,
    snapshot: Snapshot,
    policies: Mapping[str, Expr] | None = None,
    data: Wanted | None = None,
) -> Verdict:
    """Match one class of jobs, whose matching ad is `ad`, against all resources of a snapshot."""
    return Matching(ad, requirements, rank, policies).on(snapshot, data)


def _is_access_cost(rank: Expr) -> bool:
    """Whether Rank is `other.DataAccessCost`, which no resource has: the more files near, the better."""
    return attribute_of(rank) == "dataaccesscost"


def _terms(expr: Expr) -> list[Expr]:
    """The conjuncts, without the parentheses around each."""
    terms = []
    for term in conjuncts(expr):
        while isinstance(term, Group):
            term = term.inner
        terms.append(term)
    return terms


def _is_truth(term: Expr) -> bool:
    """Whether it can be seen that the value of a term is a truth value, undefined or error, and no number.

    As an operand of `&&` a number counts as true or false; a condition that stands alone must be a truth value.
    """
    if isinstance(term, Binary):
        return term.operator in _TRUTH_OPERATORS
    if isinstance(term, Unary):
        return term.operator == "!"
    if isinstance(term, Call):
        return fold(term.name) in _TRUTH_FUNCTIONS
    return isinstance(term, Literal) and isinstance(term.value, bool)


def _truths(term: Expr, ad: ClassAd, store: ColumnStore) -> int:
    """The rows where a term is a truth value, as bits."""
    return Condition.of(Call("isBoolean", (term,)), ad).planes(store).true


def _rejected_once(outcomes: Iterable[Planes], alive: int) -> int:
    """The rows that exactly one condition rejects."""
    once = more = 0
    for planes in outcomes:
        rejected = alive & ~planes.true
        more |= once & rejected
        once |= rejected
    return once & ~more


def _clause_count(clause: str, planes: Planes, alone: int, alive: int) -> ClauseCount:
    rejected = alive & ~planes.true
    false, error = (planes.false & alive).bit_count(), (planes.error & alive).bit_count()
    return ClauseCount(
        clause=clause,
        rejects=rejected.bit_count(),
        alone=(rejected & alone).bit_count(),
        false=false,
        undefined=rejected.bit_count() - false - error,
        error=error,
    )
