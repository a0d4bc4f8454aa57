"""What differs between two explanations of one class of jobs, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 5


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The differences, most first; explanations as JSON types. Nothing when one of them has no counts."""
    if "considered" not in before or "considered" not in after:
        return ()
    found: list[tuple[float, str]] = []
    more = after["considered"] - before["considered"]
    if more:
        words = "more are" if more > 0 else "fewer are"
        found.append((_FIRST, f"{after['considered']} resources are known, {abs(more)} {words} there than before"))
    if after["matching"] != before["matching"]:
        found.append((_FIRST, f"{after['matching']} meet the requirements, not {before['matching']} as before"))
    if after["deliverable"] != before["deliverable"] and after["matching"] == before["matching"]:
        found.append((_FIRST, f"a site leads to {after['deliverable']} of them, not {before['deliverable']}"))
    old, new = _rejects(before), _rejects(after)
    for key in [*new, *(key for key in old if key not in new)]:
        had, has = old.get(key, 0), new.get(key, 0)
        if has != had:
            side, clause = key
            found.append((abs(has - had), f"{_SIDES[side]} {clause} rejects {has}, not {had}"))
    found.sort(key=lambda one: -one[0])
    texts = tuple(f"{text}." for _weight, text in found[:_MOST])
    return (*texts, f"{len(found) - _MOST} changes more.") if len(found) > _MOST else texts


_FIRST = float("inf")
_SIDES = {"job": "The job's clause", "resource": "The resources' clause", "policy": "The service's policy"}


def _rejects(explanation: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    return {(line["side"], line["clause"]): line["rejects"] for line in explanation.get("lines", ())}
