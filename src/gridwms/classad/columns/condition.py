"""A condition compiled once for a class of jobs, and run on every snapshot.

`&&`, `||`, `!`, `?:` become operations on bit planes; the terms between them are leaves. A leaf that reads nothing
but plain attributes of the other side is found out once a snapshot, whichever job asks; all others are left to the
scalar evaluator, on the rows that are still in question.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy

from gridwms.classad.ad import ClassAd
from gridwms.classad.columns import planes as logic
from gridwms.classad.columns.leaves import is_search, leaf_planes, planes_of
from gridwms.classad.columns.planes import Planes, bits_of_rows, patched, rows_of
from gridwms.classad.columns.probe import UNDEFINED_CODE, Probe, truth_code
from gridwms.classad.columns.store import SPECIAL_NAMES, ColumnStore
from gridwms.classad.columns.vectors import NotColumnar, compared, vector
from gridwms.classad.columns.view import View
from gridwms.classad.flatten import flatten
from gridwms.classad.references import ANYTHING, OTHER, children, references, walk
from gridwms.classad.scope import DEPTH_LIMIT
from gridwms.classad.text import fold
from gridwms.classad.tree import Binary, Call, Conditional, Expr, Group, Unary
from gridwms.classad.unparse import unparse

_CHANGING = frozenset(
    [
        "time",
        "currenttime",
        "daytime",
        "timezoneoffset",
        "random",
        "formattime",
        "abstime",
        "usermap",
        "userhome",
        "successfraction",
        "measuredresponsetime",
        "retrieveclosesesinfo",
    ]
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A term. `key` is its text if it can be kept with the snapshot, "" if it needs the scalar evaluator."""

    node: Expr
    names: frozenset[str]
    key: str


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Inverse:
    part: Plan


@dataclass(frozen=True, slots=True)
class Choice:
    test: Plan
    yes: Plan
    no: Plan


@dataclass(frozen=True, slots=True)
class Otherwise:
    left: Plan
    right: Plan


Plan = Leaf | Both | Either | Inverse | Choice | Otherwise


def plan_of(node: Expr) -> Plan:
    """The tree of logic over leaves."""
    match node:
        case Group():
            return plan_of(node.inner)
        case Unary() if node.operator == "!" and not is_search(node):
            return Inverse(plan_of(node.operand))
        case Binary() if node.operator in ("&&", "||"):
            terms: list[Expr] = []
            inner: Expr = node
            while isinstance(inner, Binary) and inner.operator == node.operator:
                terms.append(inner.right)
                inner = inner.left
            parts = tuple(plan_of(term) for term in (inner, *reversed(terms)))
            return Both(parts) if node.operator == "&&" else Either(parts)
        case Binary() if node.operator == "?:":
            return Otherwise(plan_of(node.left), plan_of(node.right))
        case Conditional():
            return Choice(plan_of(node.test), plan_of(node.yes), plan_of(node.no))
        case Call() if fold(node.name) == "ifthenelse" and len(node.arguments) == 3:
            return Choice(*(plan_of(argument) for argument in node.arguments))
    return leaf_of(node)


def leaf_of(node: Expr) -> Leaf:
    own, other = references(node)
    changing = any(isinstance(n, ClassAd) or (isinstance(n, Call) and fold(n.name) in _CHANGING) for n in walk(node))
    if own or changing or ANYTHING in other or other & SPECIAL_NAMES:
        return Leaf(node, other, "")
    return Leaf(node, other, unparse(node))


def leaves_of(plan: Plan) -> list[Leaf]:
    match plan:
        case Leaf():
            return [plan]
        case Both() | Either():
            return [leaf for part in plan.parts for leaf in leaves_of(part)]
        case Inverse():
            return leaves_of(plan.part)
        case Choice():
            return leaves_of(plan.test) + leaves_of(plan.yes) + leaves_of(plan.no)
        case Otherwise():
            return leaves_of(plan.left) + leaves_of(plan.right)


CHEAP, SEARCH, ROW_BY_ROW = 0, 1, 2
ASKED_OFTEN = 3


def cost_of(plan: Plan) -> int:
    leaves = leaves_of(plan)
    if any(not leaf.key for leaf in leaves):
        return ROW_BY_ROW
    return SEARCH if any(is_search(leaf.node) for leaf in leaves) else CHEAP


@dataclass(slots=True)
class Condition:
    """An expression of `my`, folded and planned. `residue` is what is left of it, the key of a class of jobs."""

    my: ClassAd
    residue: Expr
    plan: Plan
    probes: dict[int, Probe] = field(default_factory=dict)
    parts: tuple[tuple[Plan, int], ...] = ()

    def __post_init__(self) -> None:
        plans = self.plan.parts if isinstance(self.plan, Both) else (self.plan,)
        self.parts = tuple((part, cost_of(part)) for part in plans)

    @classmethod
    def of(cls, expr: Expr, my: ClassAd) -> Condition:
        residue, _ = flatten(expr, my)
        if _depth(residue) > DEPTH_LIMIT // 4 or OTHER & my.expressions.keys():
            # Very deep, or `other` is an attribute of the job: the scalar evaluator knows what that means.
            return cls(my, expr, Leaf(expr, frozenset(), ""))
        return cls(my, residue, plan_of(residue))

    def true_rows(self, store: ColumnStore) -> int:
        """The rows where the condition is TRUE, as a set of bits."""
        rows = store.alive
        # What is known already first, then what is cheap, then searches, then what goes row by row: for a TRUE
        # of the whole every part must be TRUE, in whatever order they are asked.
        late: list[tuple[int, Plan]] = []
        for part, cost in self.parts:
            if (isinstance(part, Leaf) and part.key and part.key not in store.leaves and cost) or cost == ROW_BY_ROW:
                late.append((cost, part))
            else:
                rows &= self.planes_of(part, store, rows).true
                if not rows:
                    return 0
        if late:
            late.sort(key=lambda item: item[0])
            for cost, part in late:
                rows &= self.on_few(part, store, rows) if cost == SEARCH else self.planes_of(part, store, rows).true
                if not rows:
                    return 0
        return rows

    def on_few(self, part: Plan, store: ColumnStore, rows: int) -> int:
        """A search on the rows in question only, if they are few and the search is not asked for often."""
        if not isinstance(part, Leaf) or rows.bit_count() * 16 > store.count:
            return self.planes_of(part, store, rows).true
        asked = store.asked.get(part.key, 0)
        if asked >= ASKED_OFTEN or store.open_rows(part.names) & rows:
            return self.planes_of(part, store, rows).true
        store.asked[part.key] = asked + 1
        view = store.selection(rows)
        found = leaf_on(part, view, few=True).true
        return bits_of_rows(view.rows[rows_of(found, view.count)], store.count)

    def planes(self, store: ColumnStore) -> Planes:
        """The truth on every row that is alive."""
        found = self.planes_of(self.plan, store, store.alive)
        return Planes(found.true & store.alive, found.false & store.alive, found.error & store.alive)

    def planes_of(self, plan: Plan, store: ColumnStore, rows: int) -> Planes:
        """The truth of a part of the plan; only `rows` need be right."""
        match plan:
            case Leaf():
                return self.leaf(plan, store, rows)
            case Both():
                result = self.planes_of(plan.parts[0], store, rows)
                for part in plan.parts[1:]:
                    result = logic.conjunction(result, self.planes_of(part, store, rows & ~result.false))
                return result
            case Either():
                result = self.planes_of(plan.parts[0], store, rows)
                for part in plan.parts[1:]:
                    result = logic.disjunction(result, self.planes_of(part, store, rows & ~result.true))
                return result
            case Inverse():
                return logic.negation(self.planes_of(plan.part, store, rows))
            case Choice():
                test = self.planes_of(plan.test, store, rows)
                yes = self.planes_of(plan.yes, store, rows & test.true)
                return logic.choice(test, yes, self.planes_of(plan.no, store, rows & test.false))
            case Otherwise():
                left = self.planes_of(plan.left, store, rows)
                return logic.otherwise(left, self.planes_of(plan.right, store, rows & ~left.settled))

    def leaf(self, leaf: Leaf, store: ColumnStore, rows: int) -> Planes:
        if not leaf.key:
            return self.by_scalar(leaf, store, rows)
        found = store.leaves.get(leaf.key)
        if found is None:
            found = fresh_leaf(leaf, store)
            store.leaves[leaf.key] = found
        pending = store.open_rows(leaf.names) & rows
        if pending:
            found = patched(found, self.by_scalar(leaf, store, pending), pending)
        return found

    def by_scalar(self, leaf: Leaf, store: ColumnStore, rows: int) -> Planes:
        """Row by row."""
        probe = self.probes.get(id(leaf.node))
        if probe is None:
            probe = self.probes[id(leaf.node)] = Probe(leaf.node, self.my, store.context)
        codes = numpy.full(store.count, UNDEFINED_CODE, dtype=numpy.uint8)
        gang = _is_gang(leaf, store)
        known: dict[tuple[int, int], int] = {}
        for row in rows_of(rows, store.count).tolist():
            ad = store.ads[row]
            if ad is None:
                continue
            if not gang:
                codes[row] = truth_code(probe.with_ad(ad))
                continue
            # Gang matching reads of a resource its close storage elements only, which its views share.
            inner = ad.expressions
            same = id(inner.get("storage")), id(inner.get("closestorageelements"))
            code = known.get(same)
            if code is None:
                code = known[same] = truth_code(probe.with_ad(ad))
            codes[row] = code
        return planes_of(codes)


def _is_gang(leaf: Leaf, store: ColumnStore) -> bool:
    """Whether a leaf reads `other.storage` and nothing else of a resource."""
    names = leaf.names - {"storage"}
    if len(names) == len(leaf.names) or ANYTHING in names or names & (store.columns.keys() | SPECIAL_NAMES):
        return False
    calls = {fold(node.name) for node in walk(leaf.node) if isinstance(node, Call)}
    return not calls & (_CHANGING - {"retrieveclosesesinfo"})


def fresh_leaf(leaf: Leaf, store: ColumnStore) -> Planes:
    """A leaf on a snapshot: all of it, or only what changed since it was last known."""
    known = store.stale.pop(leaf.key, None)
    if known is None:
        return leaf_on(leaf, store)
    old, since = known
    if not since:
        return old
    rows = rows_of(since, store.count)
    part = leaf_on(leaf, store.selection(since))
    spread = Planes(*(bits_of_rows(rows[rows_of(bits, len(rows))], store.count) for bits in part))
    return patched(old, spread, since)


def leaf_on(leaf: Leaf, view: View, *, few: bool = False) -> Planes:
    node = leaf.node
    if isinstance(node, Binary) and len(leaf.names) > 1:
        try:
            left, right = (vector(side, view, lambda n: condition_on(n, view)) for side in (node.left, node.right))
            return compared(node.operator, left, right)
        except NotColumnar:
            pass
    return leaf_planes(node, leaf.names, view, few=few)


def condition_on(node: Expr, view: View) -> Planes:
    """The truth of a closed node on a view, without keeping it; for conditions inside arithmetic."""

    def run(plan: Plan) -> Planes:
        match plan:
            case Leaf():
                if not plan.key:
                    raise NotColumnar
                return leaf_on(plan, view)
            case Both() | Either():
                join = logic.conjunction if isinstance(plan, Both) else logic.disjunction
                result = run(plan.parts[0])
                for part in plan.parts[1:]:
                    result = join(result, run(part))
                return result
            case Inverse():
                return logic.negation(run(plan.part))
            case Choice():
                return logic.choice(run(plan.test), run(plan.yes), run(plan.no))
            case Otherwise():
                return logic.otherwise(run(plan.left), run(plan.right))

    return run(plan_of(node))


def _depth(node: Expr) -> int:
    """How deep a tree is nested, chains of one operator counted once per link."""
    deepest = 0
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in children(current))
    return deepest
