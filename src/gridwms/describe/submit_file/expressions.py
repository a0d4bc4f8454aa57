"""Requirements and rank between HTCondor's machine attributes and GLUE's names: translated, or lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gridwms.classad import (
    Binary,
    Call,
    Conditional,
    Expr,
    Group,
    Index,
    ListExpression,
    Literal,
    Reference,
    Unary,
    parse_expression,
)
from gridwms.describe.convert.clauses import Comparison as ComparisonClause
from gridwms.describe.convert.clauses import bare, recognised

NAMES: dict[str, str] = {
    "Memory": "GlueHostMainMemoryRAMSize",
    "TotalMemory": "GlueHostMainMemoryRAMSize",
    "DetectedMemory": "GlueHostMainMemoryRAMSize",
    "VirtualMemory": "GlueHostMainMemoryVirtualSize",
    "Cpus": "GlueHostArchitectureSMPSize",
    "TotalCpus": "GlueHostArchitectureSMPSize",
    "DetectedCpus": "GlueHostArchitectureSMPSize",
    "Machine": "GlueCEInfoHostName",
    "OpSysName": "GlueHostOperatingSystemName",
    "OpSysVer": "GlueHostOperatingSystemRelease",
    "Arch": "GlueHostArchitecturePlatformType",
}
"""Attribute of the machine to name in GLUE 1.3; both count memory in MiB."""

_LINUX = 'regexp("linux|centos|red ?hat|scientific|rocky|alma|fedora|debian|ubuntu|suse", '
VALUES: dict[tuple[str, str], str] = {
    ("arch", "x86_64"): 'other.GlueHostArchitecturePlatformType == "x86_64"',
    ("arch", "intel"): 'regexp("^i[3-6]86$", other.GlueHostArchitecturePlatformType, "i")',
    ("arch", "aarch64"): 'other.GlueHostArchitecturePlatformType == "aarch64"',
    ("opsys", "linux"): _LINUX + 'other.GlueHostOperatingSystemName, "i")',
    ("opsys", "windows"): 'regexp("windows", other.GlueHostOperatingSystemName, "i")',
    ("opsys", "macos"): 'regexp("mac ?os|darwin", other.GlueHostOperatingSystemName, "i")',
}
"""Comparisons (attribute, value) that mean something else than their words."""

_FOLDED = {name.lower(): glue for name, glue in NAMES.items()}
_GLUE = {glue.lower(): name for name, glue in reversed(NAMES.items())}
_VALUES_BACK = {parse_expression(text): key for key, text in VALUES.items()}
_SPELLED = {"x86_64": "X86_64", "intel": "INTEL", "linux": "LINUX", "windows": "WINDOWS", "macos": "macOS"}


_Change = Callable[[Expr], Expr | None]


def to_glue(expr: Expr) -> Expr | None:
    """The condition or number on GLUE names; None when it uses anything that GLUE does not have."""
    inner = bare(expr)
    if isinstance(inner, Binary) and inner.operator in ("==", "=?="):
        for one, two in ((inner.left, inner.right), (inner.right, inner.left)):
            name, value = _machine(bare(one)), bare(two)
            if name and isinstance(value, Literal) and isinstance(value.value, str):
                text = VALUES.get((name, value.value.lower()))
                if text is not None:
                    return parse_expression(text)
                if name in ("arch", "opsys"):
                    return None
    if isinstance(inner, Reference):
        name = _machine(inner)
        glue = _FOLDED.get(name) or (inner.name if name.startswith("glue") else None)
        return Reference(Reference(None, "other"), glue) if glue else None
    return _rebuilt(expr, to_glue)


def from_glue(expr: Expr) -> Expr | None:
    """The opposite; None when a name has no counterpart."""
    inner = bare(expr)
    if inner in _VALUES_BACK:
        name, value = _VALUES_BACK[inner]
        wanted = {"arch": "Arch", "opsys": "OpSys"}[name]
        return Binary("==", Reference(Reference(None, "TARGET"), wanted), Literal(_SPELLED.get(value, value)))
    if isinstance(inner, Reference):
        if isinstance(inner.base, Reference) and inner.base.name.lower() in ("other", "target"):
            name = _GLUE.get(inner.name.lower(), "")
            return Reference(Reference(None, "TARGET"), name) if name else None
        return None
    clause = recognised(expr)
    if isinstance(clause, ComparisonClause) and clause.name.lower() == NAMES["Arch"].lower():
        return None
    return _rebuilt(expr, from_glue)


def _machine(expr: Expr) -> str:
    """The folded name of a bare or TARGET reference; empty for anything else."""
    if not isinstance(expr, Reference) or expr.absolute:
        return ""
    if expr.base is None:
        return expr.name.lower()
    base = expr.base
    return (
        expr.name.lower() if isinstance(base, Reference) and base.base is None and base.name.lower() == "target" else ""
    )


def _rebuilt(expr: Expr, change: _Change) -> Expr | None:
    """The same node with its parts changed; None as soon as one of them cannot be."""
    fields = _PARTS.get(type(expr))
    if fields is None:
        return None
    changes: dict[str, object] = {}
    for name in fields:
        part = getattr(expr, name)
        parts = part if isinstance(part, tuple) else (part,)
        changed = [change(each) for each in parts]
        if any(each is None for each in changed):
            return None
        changes[name] = tuple(changed) if isinstance(part, tuple) else changed[0]
    return replace(expr, **changes)  # type: ignore[type-var]


_PARTS: dict[type[Expr], tuple[str, ...]] = {
    Literal: (),
    Group: ("inner",),
    Unary: ("operand",),
    Binary: ("left", "right"),
    Conditional: ("test", "yes", "no"),
    Index: ("base", "index"),
    Call: ("arguments",),
    ListExpression: ("items",),
}
