"""Requirements both ways and Rank, over a whole snapshot (gLite reference §2.2, steps 2 and 4).

The job's Requirements must be true on the resource, and the resource's own Requirements, if it has any, true on the
job. Undefined and error are no match. A rank that is not a number leaves the resource out of the choice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gridwms.classad import UNDEFINED, ClassAd, Expr, Group, Literal, Value, conjuncts, unparse
from gridwms.match.columns import Columns, Numbers, columns_of
from gridwms.match.resources import Resource, Snapshot
from gridwms.match.verdict import Candidate, ClauseCount, Verdict

_TRUE, _FALSE, _UNDEFINED, _ERROR = 0.0, 1.0, 2.0, 3.0
_TRUTHS = {True: _TRUE, False: _FALSE}
_Counts = NDArray[np.int64]


def match(ad: ClassAd, requirements: Expr, rank: Expr, snapshot: Snapshot) -> Verdict:
    """Match one class of jobs, whose matching ad is `ad`, against all resources of a snapshot."""
    columns = columns_of(snapshot)
    terms = _terms(requirements)
    meaning = _condition if len(terms) == 1 else _operand
    outcomes = [(term, columns.evaluate(term, ad, meaning)) for term in terms if term != Literal(True)]
    refusals = [(clause, outcome) for clause, outcome in _refusals(ad, columns).items() if outcome.any()]
    rejections = _rejections((outcome for _, outcome in (*outcomes, *refusals)), columns.size)
    candidates, unranked = _ranked(ad, rank, snapshot.resources, columns, rejections == 0)
    refused = [_count(clause, outcome, rejections) for clause, outcome in refusals]
    return Verdict(
        snapshot=snapshot.version,
        considered=columns.size,
        candidates=candidates,
        unranked=unranked,
        clauses=tuple(_count(clause, outcome, rejections) for clause, outcome in outcomes),
        refusals=tuple(sorted(refused, key=lambda count: (-count.rejects, count.clause))),
    )


def _terms(expr: Expr) -> list[Expr]:
    """The conjuncts, without the parentheses around each."""
    terms = []
    for term in conjuncts(expr):
        while isinstance(term, Group):
            term = term.inner
        terms.append(term)
    return terms


def _condition(value: Value) -> float:
    """What a condition says that stands alone: it must be a truth value."""
    if isinstance(value, bool):
        return _TRUTHS[value]
    return _UNDEFINED if value is UNDEFINED else _ERROR


def _operand(value: Value) -> float:
    """What an operand of `&&` says: there a number counts too, true when it is not zero."""
    if isinstance(value, int | float):
        return _TRUTHS[bool(value)]
    return _UNDEFINED if value is UNDEFINED else _ERROR


def _refusals(ad: ClassAd, columns: Columns) -> dict[Expr, Numbers]:
    """For each conjunct of the resources' own Requirements its outcome on each resource, true where it is not asked."""
    refusals: dict[Expr, Numbers] = {}
    for own, rows in columns.requirements.items():
        terms = _terms(own)
        for term in terms:
            outcome = refusals.setdefault(term, np.full(columns.size, _TRUE))
            outcome[rows] = columns.evaluate(term, ad, _condition if len(terms) == 1 else _operand, rows)
    return refusals


def _rejections(outcomes: Iterable[Numbers], size: int) -> _Counts:
    """How many conditions reject each resource."""
    counts = np.zeros(size, dtype=np.int64)
    for outcome in outcomes:
        counts += outcome != _TRUE
    return counts


def _count(clause: Expr, outcome: Numbers, rejections: _Counts) -> ClauseCount:
    rejected = outcome != _TRUE
    return ClauseCount(
        clause=unparse(clause),
        rejects=int(np.count_nonzero(rejected)),
        alone=int(np.count_nonzero(rejected & (rejections == 1))),
        false=int(np.count_nonzero(outcome == _FALSE)),
        undefined=int(np.count_nonzero(outcome == _UNDEFINED)),
        error=int(np.count_nonzero(outcome == _ERROR)),
    )


def _ranked(
    ad: ClassAd, rank: Expr, resources: Sequence[Resource], columns: Columns, matching: NDArray[np.bool_]
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Those with a rank, best first; and the ids of those without."""
    if not matching.any():
        return (), ()
    ranks = columns.evaluate(rank, ad, _number)
    rows = np.flatnonzero(matching & ~np.isnan(ranks))
    rows = rows[np.lexsort((columns.order[rows], -ranks[rows]))]
    candidates = tuple(
        Candidate(ce_id=resource.ce_id, host=resource.host, site=resource.site, rank=number)
        for resource, number in zip((resources[row] for row in rows.tolist()), ranks[rows].tolist(), strict=True)
    )
    unranked = np.flatnonzero(matching & np.isnan(ranks)).tolist()
    return candidates, tuple(sorted(resources[row].ce_id for row in unranked))


def _number(value: Value) -> float:
    """The rank, or NaN when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)
