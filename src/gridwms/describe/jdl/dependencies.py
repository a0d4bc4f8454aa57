"""Dependencies of a DAG: their forms, and the edges that they mean (gLite reference §1.6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from gridwms.classad import ClassAd, Expr, ListExpression, Literal, Reference
from gridwms.classad.text import fold
from gridwms.describe.compound import Edge
from gridwms.describe.jdl.draft import Draft, Place, shown
from gridwms.describe.suggest import suggest

FORMS = "{ a, b }, { {a, b}, c } or { a, {b, c} }, or a list of these"
_SHOWN = 12
"""So many nodes of a circle are named."""


Places = dict[tuple[int, int], Place]
"""Where each edge stands, by the numbers of its nodes."""


def read_edges(draft: Draft, ads: Sequence[ClassAd], numbers: Mapping[str, int]) -> tuple[list[Edge], Places]:
    """The edges that these ads (the parent, the ad of the nodes) tell of, each once, strong ones first; and where.

    `numbers`: those of the nodes by their names, folded. An edge that is told both strong and weak is strong.
    """
    found: Places = {}
    weak: Places = {}
    for name, edges in (("Dependencies", found), ("WeakDependencies", weak)):
        for ad in ads:
            if name in ad:
                _read(draft, name, ad[name], ad.position(name), numbers, edges)
    for pair in weak.keys() & found.keys():
        del weak[pair]
    if len(found) + len(weak) > draft.defaults.max_edges:
        draft.error(
            "too_many",
            "Dependencies",
            f"found {len(found) + len(weak):,} edges",
            accepted=f"at most {draft.defaults.max_edges:,} (max_edges)",
        )
        return [], {}
    return [*(Edge(*pair) for pair in found), *(Edge(*pair, weak=True) for pair in weak)], found | weak


def check_circles(draft: Draft, edges: Sequence[Edge], places: Places, count: int, name: Callable[[int], str]) -> None:
    """Report one circle, its nodes named in their order, where its first edge stands."""
    circle = find_circle(edges, count)
    if circle:
        names = [name(number) for number in circle]
        chain = names if len(names) <= _SHOWN else [*names[: _SHOWN // 2], "...", *names[-_SHOWN // 2 + 1 :]]
        draft.error(
            "cycle",
            "Dependencies",
            f"the nodes wait for each other in a circle: {' -> '.join(chain)}",
            found=" -> ".join(chain),
            accepted="dependencies without a circle",
            at=places[circle[0], circle[1]],
        )


def find_circle(edges: Sequence[Edge], count: int) -> list[int]:
    """A circle, its first node again at the end; empty when there is none."""
    children: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for edge in edges:
        children[edge.parent].append(edge.child)
        waits[edge.child] += 1
    ready = deque(number for number in range(count) if not waits[number])
    done = 0
    while ready:
        number = ready.popleft()
        done += 1
        for child in children[number]:
            waits[child] -= 1
            if not waits[child]:
                ready.append(child)
    if done == count:
        return []
    # Each node that is left waits for another that is left: going back from one must come round.
    parent = {edge.child: edge.parent for edge in edges if waits[edge.child] and waits[edge.parent]}
    seen: dict[int, int] = {}
    at = next(iter(parent))
    trail: list[int] = []
    while at not in seen:
        seen[at] = len(trail)
        trail.append(at)
        at = parent[at]
    circle = trail[seen[at] :][::-1]
    return [circle[-1], *circle]


def _read(
    draft: Draft,
    name: str,
    expr: Expr,
    place: Place,
    numbers: Mapping[str, int],
    edges: Places,
) -> None:
    if not isinstance(expr, ListExpression):
        draft.error("wrong_type", name, f"found {shown(expr)}", found=shown(expr), accepted=FORMS, at=place)
        return
    single = any(_name(item) for item in expr.items)
    for item in (expr,) if single else expr.items:
        at = (item.line, item.column) if item.line else place
        sides = _sides(item)
        if sides is None:
            draft.error("bad_value", name, f"found {shown(item)}", found=shown(item), accepted=FORMS, at=at)
            continue
        for parent in _known(draft, name, sides[0], numbers):
            for child in _known(draft, name, sides[1], numbers):
                if parent == child:
                    draft.error("cycle", name, f"the node {sides[0][0][0]} waits for itself", at=at)
                else:
                    edges.setdefault((parent, child), at)


def _sides(item: Expr) -> tuple[list[tuple[str, Place]], list[tuple[str, Place]]] | None:
    """The names before and after, or None when it has none of the forms."""
    if not isinstance(item, ListExpression) or len(item.items) != 2:
        return None
    left, right = (_names(side) for side in item.items)
    both = isinstance(item.items[0], ListExpression) and isinstance(item.items[1], ListExpression)
    return None if both or not left or not right else (left, right)


def _names(expr: Expr) -> list[tuple[str, Place]]:
    """The names in a side; nothing when one of its items is none."""
    items = expr.items if isinstance(expr, ListExpression) else (expr,)
    names = [(_name(item), (item.line, item.column)) for item in items]
    return names if all(name for name, _ in names) else []


def _name(expr: Expr) -> str:
    if isinstance(expr, Reference) and expr.base is None and not expr.absolute:
        return expr.name
    return expr.value if isinstance(expr, Literal) and isinstance(expr.value, str) else ""


def _known(draft: Draft, name: str, names: Sequence[tuple[str, Place]], numbers: Mapping[str, int]) -> Iterator[int]:
    for node, place in names:
        number = numbers.get(fold(node))
        if number is not None:
            yield number
            continue
        meant = suggest(node, list(numbers)[:10_000])
        hint = f"; did you mean {meant}?" if meant else ""
        at = place if place[0] else None
        draft.error("unknown_node", name, f"there is no node {shown(node)}{hint}", found=node, at=at)
