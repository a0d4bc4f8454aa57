"""Parametric jobs, collections and DAGs of a JDL ad in the keys of the native form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gridwms.classad import ClassAd, Expr, ListExpression, Literal, Reference
from gridwms.describe.convert.source_ad import SourceAd

Plain = dict[str, Any]
_ORDERS = {"order": "Dependencies", "weak_order": "WeakDependencies"}


def write_compound(source: SourceAd, plain: Callable[[ClassAd], Plain]) -> Plain:
    """The keys (dotted names) of what makes a compound; what cannot be said by them is left to be kept as it is.

    `plain` writes the ad of one node.
    """
    if "parametric" in [kind.lower() for kind in source.texts("JobType")]:
        return _sweep(source)
    source.leave("JobType")
    found: Plain = {}
    kind = (source.text("Type") or "").lower()
    nodes = source.ad.get("Nodes")
    if kind not in ("dag", "collection") or not isinstance(nodes, ClassAd | ListExpression):
        source.leave("Type")
        return found
    inner = _nodes(nodes, plain)
    ads = [source.ad, *([nodes] if isinstance(nodes, ClassAd) else [])]
    orders = {key: _order(ads, name) for key, name in _ORDERS.items()}
    if inner is None or None in orders.values():
        source.leave("Type")
        return found
    source.forget("Nodes", *_ORDERS.values())
    found["nodes"] = inner
    found |= {key: pairs for key, pairs in orders.items() if pairs}
    if kind == "dag" and not any(orders.values()):
        found["order"] = []
    for ad in ads:
        limit = ad.get("max_running_nodes")
        if isinstance(limit, Literal) and isinstance(limit.value, int):
            found["max_running"] = limit.value
            source.forget("max_running_nodes")
    return found


def _sweep(source: SourceAd) -> Plain:
    found: Plain = {}
    others = [kind for kind in source.texts("JobType") if kind.lower() != "parametric"]
    count = source.number("Parameters")
    expr = source.ad.get("Parameters")
    if count is not None:
        found["sweep.count"] = count
    elif isinstance(expr, ListExpression) and (values := _constants(expr)) is not None:
        found["sweep.values"] = values
        source.forget("Parameters")
    else:
        source.leave("JobType")
        return {}
    source.ad = source.ad.with_(JobType=tuple(others)) if others else source.ad.without(["JobType"])
    for key, name in (("sweep.start", "ParameterStart"), ("sweep.step", "ParameterStep")):
        number = source.number(name)
        if number is not None:
            found[key] = number
    return found


def _constants(expr: ListExpression) -> list[str | int | float] | None:
    values: list[str | int | float] = []
    for item in expr.items:
        if isinstance(item, Reference) and item.base is None:
            values.append(item.name)
        elif (
            isinstance(item, Literal) and isinstance(item.value, str | int | float) and not isinstance(item.value, bool)
        ):
            values.append(item.value)
        else:
            return None
    return values


def _nodes(nodes: ClassAd | ListExpression, plain: Callable[[ClassAd], Plain]) -> Any:
    """A table by name for a DAG, else a list; None when one of them is no job that is written here."""
    reserved = {"dependencies", "weakdependencies", "max_running_nodes"}
    if isinstance(nodes, ClassAd):
        found = {}
        for name, expr in nodes.items():
            if name.lower() in reserved:
                continue
            job = _job(expr)
            if job is None:
                return None
            found[name] = plain(job)
        return found
    jobs = [_job(item) for item in nodes.items]
    return None if None in jobs else [plain(job) for job in jobs if job is not None]


def _job(expr: Expr) -> ClassAd | None:
    """The ad of a node; None when it is a file, or is written in a way of its own."""
    if not isinstance(expr, ClassAd) or "File" in expr:
        return None
    if "Description" not in expr:
        return expr
    inner = expr["Description"]
    beside = [name for name in expr if name.lower() not in ("description", "nodename")]
    if beside or not isinstance(inner, ClassAd):
        return None
    return inner.with_(NodeName=expr["NodeName"]) if "NodeName" in expr else inner


def _order(ads: list[ClassAd], name: str) -> list[Any] | None:
    """Pairs of names, or lists of names; None when a dependency has another form."""
    pairs: list[Any] = []
    for ad in ads:
        expr = ad.get(name)
        if expr is None:
            continue
        if not isinstance(expr, ListExpression):
            return None
        single = any(isinstance(_names(item), str) for item in expr.items)
        for item in (expr,) if single else expr.items:
            sides = [_names(side) for side in item.items] if isinstance(item, ListExpression) else []
            if len(sides) != 2 or None in sides:
                return None
            pairs.append(sides)
    return pairs


def _names(expr: Expr) -> Any:
    if isinstance(expr, Reference) and expr.base is None and not expr.absolute:
        return expr.name
    if isinstance(expr, Literal) and isinstance(expr.value, str):
        return expr.value
    if isinstance(expr, ListExpression):
        names = [_names(item) for item in expr.items]
        return names if all(isinstance(name, str) for name in names) else None
    return None
