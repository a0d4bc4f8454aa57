"""Requirements and Rank: checked, and joined with what client and service demand (gLite reference §1.2, §2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gridwms.classad import (
    UNDEFINED,
    Binary,
    Call,
    ClassAd,
    Expr,
    Group,
    ListExpression,
    Literal,
    Reference,
    conjuncts,
    flatten,
    references,
)
from gridwms.classad.functions.registry import BUILDERS, FUNCTIONS
from gridwms.classad.references import walk
from gridwms.classad.text import fold
from gridwms.describe.jdl.contradictions import contradictions
from gridwms.describe.jdl.cycles import find_cycle, reachable, unfolded
from gridwms.describe.jdl.data import wants_access_cost
from gridwms.describe.jdl.draft import Draft, Place, shown
from gridwms.describe.suggest import suggest

MATCHED = ("Requirements", "Rank")
MOST_PARTS = 5_000
MOST_DEEP = 150
"""The evaluator follows a little less than 200 references from one attribute to the next."""

_SPECIAL = frozenset({"self", "parent", "toplevel", "root", "my", "ad", "target", "other"})
_GLUE = re.compile(r"glue", re.IGNORECASE)


def check_expressions(draft: Draft) -> None:
    """Circles, unknown functions, names without a value, and expressions that no resource can ever satisfy."""
    circle = find_cycle(draft.ad, MATCHED)
    if circle:
        chain = " -> ".join(circle if len(circle) <= 12 else (*circle[:6], "...", *circle[-5:]))
        draft.error(
            "cycle",
            circle[0],
            f"the attributes refer to each other in a circle: {chain}",
            found=chain,
            accepted="expressions that end in constants or in attributes of the resource (other.Name)",
        )
        return
    size, deep = unfolded(draft.ad, MATCHED)
    if size > MOST_PARTS or deep > MOST_DEEP:
        _too_complicated(draft, f"with all references followed they have {size:,} parts, {deep} references deep")
        return
    for name in reachable(draft.ad, MATCHED):
        _check_names(draft, draft.ad.spelling(name))
    try:
        if draft.good("Requirements"):
            _check_requirements(draft)
        if draft.good("Rank"):
            _check_rank(draft)
    except RecursionError:
        _too_complicated(draft, "they are nested too deeply")


def _too_complicated(draft: Draft, what: str) -> None:
    accepted = f"at most {MOST_PARTS:,} parts, {MOST_DEEP} references deep"
    name = "Requirements" if "Requirements" in draft.ad else "Rank"
    draft.error("too_large", name, f"Requirements and Rank are too complicated: {what}", accepted=accepted)


def requirements_of(draft: Draft, clauses: Iterable[Expr]) -> Expr:
    """The user's expression, `clauses`, and the default of the client or the service, joined with `&&`."""
    extra = [*clauses]
    if draft.defaults.requirements is not None:
        extra.append(draft.defaults.requirements)
    return join(draft.ad.get("Requirements"), extra)


def join(first: Expr | None, others: Iterable[Expr]) -> Expr:
    """`(first) && (other) && ...`; what is already a conjunct is not added again, so joining twice changes nothing."""
    joined = first
    present = _terms(first) if first is not None else set()
    grouped = False
    for other in others:
        added = _terms(other) - present
        if not added:
            continue
        present |= added
        if joined is None:
            joined = other
            continue
        joined = Binary("&&", joined if grouped else _group(joined), _group(other))
        grouped = True
    return joined if joined is not None else Literal(True)


def bare(expr: Expr) -> Expr:
    """The expression without the parentheses around it."""
    while isinstance(expr, Group):
        expr = expr.inner
    return expr


def _terms(expr: Expr) -> set[Expr]:
    return {bare(term) for term in conjuncts(expr)}


def _group(expr: Expr) -> Expr:
    return expr if isinstance(expr, Group) else Group(expr)


def _at(expr: Expr) -> Place | None:
    return (expr.line, expr.column) if expr.line else None


def _check_names(draft: Draft, name: str) -> None:
    expr = draft.ad[name]
    functions = FUNCTIONS.keys() | BUILDERS.keys()
    own = references(expr)[0]
    told: set[str] = set()
    for node in walk(expr):
        if isinstance(node, Call) and node.name.lower() not in functions:
            meant = suggest(node.name, sorted(functions))
            draft.error(
                "unknown_function",
                name,
                f"the function {node.name} is not known" + (f"; did you mean {meant}?" if meant else ""),
                found=node.name,
                accepted="functions of the ClassAd language, such as member, regexp, isUndefined",
                at=_at(node),
            )
        elif isinstance(node, Reference) and node.base is None and not node.absolute:
            folded = fold(node.name)
            if folded in own and folded not in draft.ad and folded not in _SPECIAL and folded not in told:
                told.add(folded)
                _warn_of_missing(draft, name, node)


def _warn_of_missing(draft: Draft, name: str, node: Reference) -> None:
    if _GLUE.match(node.name):
        hint = f"to read it of the resource, write other.{node.name}"
    else:
        meant = suggest(node.name, draft.ad)
        hint = f"did you mean {meant}?" if meant else f"to read it of the resource, write other.{node.name}"
    draft.warning(
        "undefined_name",
        name,
        f"{node.name} is read of the job's own ad, which does not have it; {hint}",
        found=node.name,
        at=_at(node),
    )


def _check_requirements(draft: Draft) -> None:
    expr = draft.ad.get("Requirements")
    if expr is None:
        return
    clauses = [bare(term) for term in conjuncts(expr)]
    for clause, other in contradictions(clauses):
        draft.warning(
            "never_true",
            "Requirements",
            f"{shown(clause)} and {shown(other)} are true together for no resource whatever, so the job can never run",
            found=shown(clause),
            at=_at(clause),
        )
    for clause in clauses:
        residue = flatten(clause, draft.ad)[0]
        if not isinstance(residue, Literal | ListExpression | ClassAd):
            continue
        value = residue.value if isinstance(residue, Literal) else residue
        if value is True or (len(clauses) > 1 and isinstance(value, int | float) and value):
            continue
        whole = "" if len(clauses) == 1 else "the clause "
        if isinstance(value, str | ListExpression | ClassAd | int | float) and not isinstance(value, bool):
            draft.error(
                "wrong_type",
                "Requirements",
                f"{whole}{shown(clause)} is not a condition",
                found=shown(clause),
                accepted="an expression that is true or false",
                at=_at(clause),
            )
        else:
            because = " (it has no value)" if value is UNDEFINED else ""
            draft.warning(
                "never_true",
                "Requirements",
                f"{whole}{shown(clause)} is true for no resource whatever{because}, so the job can never run",
                found=shown(clause),
                at=_at(clause),
            )


def _check_access_cost(draft: Draft) -> None:
    """other.DataAccessCost is only legal alone, and with data (gLite reference §1.2)."""
    if not wants_access_cost(draft.ad):
        accepted = "Rank = other.DataAccessCost, with nothing else in it"
        draft.error(
            "unsupported", "Rank", "cannot be honoured: other.DataAccessCost must stand alone", accepted=accepted
        )
    elif not draft.given("InputData") and not draft.given("DataRequirements"):
        draft.error("missing", "Rank", "other.DataAccessCost needs InputData or DataRequirements", accepted="either")


def _check_rank(draft: Draft) -> None:
    expr = draft.ad.get("Rank")
    if expr is None:
        return
    residue, other = flatten(expr, draft.ad)
    if "dataaccesscost" in other:
        _check_access_cost(draft)
        return
    if not isinstance(residue, Literal | ListExpression | ClassAd):
        return
    value = residue.value if isinstance(residue, Literal) else residue
    if isinstance(value, int | float) and not isinstance(value, bool):
        return
    draft.error(
        "wrong_type",
        "Rank",
        f"{shown(expr)} is not a number",
        found=shown(expr),
        accepted="a number, or an expression that gives one, such as other.GlueCEStateFreeJobSlots",
        at=_at(expr),
    )
