"""Requirements both ways and Rank, over a whole snapshot (gLite reference §2.2, steps 2 and 4).

The job's Requirements must be true on the resource, and the resource's own Requirements, if it has any, true on the
job. Undefined and error are no match. A rank that is not a number leaves the resource out of the choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gridwms.classad import ERROR, UNDEFINED, ClassAd, Expr, Group, Literal, Value, conjuncts, unparse
from gridwms.match.columns import Columns, columns_of, evaluate_back, evaluate_over
from gridwms.match.resources import Resource, Snapshot
from gridwms.match.verdict import Candidate, ClauseCount, Verdict

_TRUE, _FALSE, _UNDEFINED, _ERROR = range(4)


def match(ad: ClassAd, requirements: Expr, rank: Expr, snapshot: Snapshot) -> Verdict:
    """Match one class of jobs, whose matching ad is `ad`, against all resources of a snapshot."""
    columns = columns_of(snapshot)
    terms = _terms(requirements)
    clauses = [clause for clause in terms if clause != Literal(True)]
    lenient = len(terms) > 1
    outcomes = [[_outcome(value, lenient) for value in evaluate_over(clause, ad, columns)] for clause in clauses]
    refused = _refusals(ad, columns)
    rejections = _rejections([*outcomes, *refused.values()], len(columns.ads))
    rows = [row for row, count in enumerate(rejections) if count == 0]
    candidates, unranked = _ranked(ad, rank, snapshot.resources, columns, rows)
    return Verdict(
        snapshot=snapshot.version,
        considered=len(columns.ads),
        candidates=candidates,
        unranked=unranked,
        clauses=tuple(_count(clause, outcome, rejections) for clause, outcome in zip(clauses, outcomes, strict=True)),
        refusals=tuple(
            sorted(
                (_count(clause, outcome, rejections) for clause, outcome in refused.items() if any(outcome)),
                key=lambda count: (-count.rejects, count.clause),
            )
        ),
    )


def _terms(expr: Expr) -> list[Expr]:
    """The conjuncts, without the parentheses around each."""
    terms = []
    for term in conjuncts(expr):
        while isinstance(term, Group):
            term = term.inner
        terms.append(term)
    return terms


def _outcome(value: Value, lenient: bool) -> int:
    """A condition alone must be a truth value; as an operand of `&&` a number other than zero counts as true."""
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    if value is UNDEFINED:
        return _UNDEFINED
    if lenient and isinstance(value, int | float):
        return _TRUE if value else _FALSE
    return _ERROR


def _refusals(ad: ClassAd, columns: Columns) -> dict[Expr, list[int]]:
    """For each conjunct of the resources' own Requirements its outcome on each resource, true where it is not asked."""
    asking: dict[Expr, list[int]] = {}
    for row, resource in enumerate(columns.ads):
        own = resource.get("Requirements")
        if own is not None:
            asking.setdefault(own, []).append(row)
    refusals: dict[Expr, list[int]] = {}
    for own, rows in asking.items():
        clauses = _terms(own)
        for clause in clauses:
            outcome = refusals.setdefault(clause, [_TRUE] * len(columns.ads))
            for row, value in zip(rows, evaluate_back(clause, ad, columns, rows), strict=True):
                outcome[row] = _outcome(value, len(clauses) > 1)
    return refusals


def _rejections(outcomes: Sequence[Sequence[int]], size: int) -> list[int]:
    """How many conditions reject each resource."""
    counts = [0] * size
    for outcome in outcomes:
        for row, result in enumerate(outcome):
            if result:
                counts[row] += 1
    return counts


def _count(clause: Expr, outcome: Sequence[int], rejections: Sequence[int]) -> ClauseCount:
    accepted = outcome.count(_TRUE)
    alone = sum(1 for result, count in zip(outcome, rejections, strict=True) if result and count == 1)
    return ClauseCount(
        clause=unparse(clause),
        rejects=len(outcome) - accepted,
        alone=alone,
        false=outcome.count(_FALSE),
        undefined=outcome.count(_UNDEFINED),
        error=outcome.count(_ERROR),
    )


def _ranked(
    ad: ClassAd, rank: Expr, resources: Sequence[Resource], columns: Columns, rows: list[int]
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    candidates: list[Candidate] = []
    unranked: list[str] = []
    for row, value in zip(rows, evaluate_over(rank, ad, columns, rows), strict=True):
        resource = resources[row]
        number = _number(value)
        if number is None:
            unranked.append(resource.ce_id)
        else:
            candidates.append(Candidate(ce_id=resource.ce_id, host=resource.host, site=resource.site, rank=number))
    candidates.sort(key=lambda candidate: (-candidate.rank, candidate.ce_id))
    return tuple(candidates), tuple(sorted(unranked))


def _number(value: Value) -> float | None:
    if isinstance(value, bool) or value is ERROR or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)
