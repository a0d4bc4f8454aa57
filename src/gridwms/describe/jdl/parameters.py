"""Parametric jobs: their values and the names of their nodes (gLite reference §1.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.classad import (
    ClassAd,
    Expr,
    ListExpression,
    Literal,
    Reference,
    Value,
    evaluate,
    evaluate_attribute,
    unparse,
)
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.node_text import blank, find_value

ACCEPTED = "a whole number, or a list of strings and numbers"
_ITEM = re.compile(r'\s*+(?:"([^"\\\n]*+)"|(-?(?:0|[1-9]\d{0,17})))\s*+([,}])')
_RENAMED = str.maketrans({".": "_", "/": "I", "*": "-", "$": "_S_"})


@dataclass(frozen=True, slots=True)
class LiftedValues:
    """A text without its list of values, which may be long. `start`: where the list was."""

    text: str
    values: tuple[str, ...]
    start: int
    taken: int


def lift_values(text: str) -> LiftedValues | None:
    """Take a list of plain strings and numbers out of a text; None when Parameters is anything else."""
    start = find_value(text, "Parameters")
    if start is None or text[start] != "{":
        return None
    values: list[str] = []
    at = start + 1
    while item := _ITEM.match(text, at):
        values.append(item[2] if item[1] is None else item[1])
        at = item.end()
        if item[3] == "}":
            rest = f"{text[: start + 1]}{blank(text[start + 1 : at - 1])}{text[at - 1 :]}"
            return LiftedValues(rest, tuple(values), start, at - start)
    return None


def read_parameters(draft: Draft, lifted: LiftedValues | None) -> Sequence[str]:
    """The values of the nodes, in order; empty, and an error, when there are none."""
    if "Parameters" not in draft.ad:
        draft.error("missing", "Parameters", "is mandatory for parametric jobs", accepted=ACCEPTED)
        return ()
    start, step = _index(draft, "ParameterStart", 0, 0), _index(draft, "ParameterStep", 1, 1)
    if start is None or step is None:
        return ()
    given = _values(draft, draft.ad["Parameters"]) if lifted is None or not lifted.values else lifted.values
    if given is None:
        return ()
    chosen = range(start, given, step) if isinstance(given, int) else range(start, len(given), step)
    limit = draft.defaults.max_nodes
    if not _fits(chosen, limit):
        draft.error(
            "too_many",
            "Parameters",
            f"they make {_count(chosen):,} nodes",
            found=str(_count(chosen)),
            accepted=f"at most {limit:,} nodes in one submit (max_nodes)",
        )
        return ()
    if not chosen:
        total = given if isinstance(given, int) else len(given)
        what = f"the sweep is empty: of {total:,} values none is left from ParameterStart = {start}"
        draft.error("empty_sweep", "Parameters" if not start else "ParameterStart", what, accepted="one value or more")
        return ()
    if isinstance(given, int):
        return [str(index) for index in chosen]
    values = [given[index] for index in chosen]
    _check_unique(draft, values)
    return values


def node_names(draft: Draft, values: Sequence[str]) -> list[str]:
    """`Node_<value>`, with signs replaced; values whose names would be the same are an error."""
    names = [f"Node_{value}" for value in values]
    if not all(map(str.isdigit, values)):
        names = [f"Node_{value.translate(_RENAMED)}" for value in values]
    if len(set(names)) < len(names):
        first: dict[str, str] = {}
        for name, value in zip(names, values, strict=True):
            if name in first:
                if first[name] != value:
                    what = f"{shown(first[name])} and {shown(value)} would both be the node {shown(name)}"
                    accepted = "values that differ in more than the signs . / * $"
                    draft.error("duplicate_node", "Parameters", what, found=name, accepted=accepted)
                break
            first[name] = value
    return names


def _fits(chosen: range, limit: int) -> bool:
    return _count(chosen) <= limit


def _count(chosen: range) -> int:
    """As len(), which refuses what does not fit a C integer."""
    return max(0, -(-(chosen.stop - chosen.start) // chosen.step))


def _index(draft: Draft, name: str, default: int, least: int) -> int | None:
    if name not in draft.ad:
        return default
    value = evaluate_attribute(draft.ad, name)
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    found = shown(draft.ad[name])
    draft.error("out_of_range", name, f"found {found}", found=found, accepted=f"a whole number, {least} or more")
    return None


def _values(draft: Draft, expr: Expr) -> int | list[str] | None:
    if isinstance(expr, ListExpression):
        found = []
        for index, item in enumerate(expr.items):
            text = _text(item, draft.ad)
            if text is None:
                draft.error("wrong_type", "Parameters", f"found {shown(item)}", accepted=ACCEPTED, item=index)
                return None
            found.append(text)
        return found
    value = evaluate_attribute(draft.ad, "Parameters")
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    draft.error("wrong_type", "Parameters", f"found {shown(expr)}", found=shown(expr), accepted=ACCEPTED)
    return None


def _text(item: Expr, ad: ClassAd) -> str | None:
    """A value as it stands in a text: numbers as they are printed, a bare word as it is written."""
    if isinstance(item, Reference) and item.base is None and not item.absolute and item.name not in ad:
        return item.name
    value: Value = evaluate(item, ad)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return unparse(Literal(value))
    return None


def _check_unique(draft: Draft, values: Sequence[str]) -> None:
    if len(set(values)) == len(values):
        return
    seen: set[str] = set()
    for value in values:
        if value in seen:
            draft.error(
                "duplicate_value", "Parameters", f"the value {shown(value)} is there more than once", found=value
            )
            return
        seen.add(value)
