"""An ad on its way to another dialect: what a writer has taken is told apart from what is left over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from gridwms.classad import ClassAd, Expr, Literal, conjuncts, evaluate_attribute
from gridwms.describe.convert.lost import NOWHERE, Place
from gridwms.describe.jdl.names import leaf, literal

Taken = TypeVar("Taken")

_NOTHING = {"type": ("job",), "jobtype": ("normal",)}
"""Attributes that say nothing with these values: a single job."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of InputSandbox: where it comes from (a URL or a local path), and its name on the worker node."""

    source: str
    name: str


class SourceAd:
    """Reads the attributes of a JDL ad; each that is read with the right type counts as taken."""

    def __init__(self, ad: ClassAd) -> None:
        self.ad = ad
        self._left = {name.lower(): name for name in ad}
        for name, values in _NOTHING.items():
            if all(value.lower() in values for value in self._peek_texts(name) or ("?",)):
                self._left.pop(name, None)

    def place(self, name: str) -> Place:
        """Where the attribute was written."""
        return self.ad.position(name) if name in self.ad else NOWHERE

    def text(self, name: str) -> str | None:
        """A string."""
        value = evaluate_attribute(self.ad, name) if name in self.ad else None
        return self._took(name, value) if isinstance(value, str) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A string or a list of strings; empty when it is neither."""
        found = self._peek_texts(name)
        return self._took(name, found) if found is not None else ()

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = evaluate_attribute(self.ad, name) if name in self.ad else None
        return self._took(name, value) if isinstance(value, int) and not isinstance(value, bool) else None

    def real(self, name: str) -> float | None:
        """Any number."""
        value = evaluate_attribute(self.ad, name) if name in self.ad else None
        return self._took(name, value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        """A truth value."""
        value = evaluate_attribute(self.ad, name) if name in self.ad else None
        return self._took(name, value) if isinstance(value, bool) else None

    def tags(self) -> tuple[tuple[str, str], ...]:
        """UserTags, when all of them are strings."""
        value = self.ad.get("UserTags")
        if not isinstance(value, ClassAd):
            return ()
        found = []
        for name, expr in value.items():
            if not isinstance(expr, Literal) or not isinstance(expr.value, str):
                return ()
            found.append((name, expr.value))
        return self._took("UserTags", tuple(found))

    def environment(self) -> tuple[tuple[str, str], ...]:
        """Names and values; nothing is taken when an item is not of the form NAME=value."""
        items = self._peek_texts("Environment") or ()
        if not all("=" in item for item in items):
            return ()
        return tuple((name, value) for name, _, value in (item.partition("=") for item in self.texts("Environment")))

    def clauses(self) -> list[Expr]:
        """The conditions of Requirements that are joined with `&&`."""
        if "Requirements" not in self.ad:
            return []
        self._left.pop("requirements", None)
        return list(conjuncts(self.ad["Requirements"]))

    def inputs(self) -> tuple[InputFile, ...]:
        """InputSandbox with InputSandboxBaseURI and InputSandboxDestFileName worked in (gLite reference §1.3)."""
        items = [item for item in self._peek_texts("InputSandbox") or () if item]
        names = self._peek_texts("InputSandboxDestFileName") or ()
        if names and len(names) != len(items):
            return ()
        base = (self.text("InputSandboxBaseURI") or "").rstrip("/")
        for name in ("InputSandbox", "InputSandboxDestFileName"):
            self.texts(name)
        return tuple(self._input(item, base, names[at] if names else "") for at, item in enumerate(items))

    def outputs(self) -> tuple[tuple[str, str], ...]:
        """OutputSandbox with the destination of each file, "" for those that the service keeps."""
        items = [item for item in self._peek_texts("OutputSandbox") or () if item]
        targets = self._peek_texts("OutputSandboxDestURI") or ()
        if targets and len(targets) != len(items):
            return ()
        base = (self.text("OutputSandboxBaseDestURI") or "").rstrip("/")
        for name in ("OutputSandbox", "OutputSandboxDestURI"):
            self.texts(name)
        pairs = []
        for at, item in enumerate(items):
            target = targets[at] if targets else f"{base}/{leaf(item)}" if base else ""
            pairs.append((item, "" if target == leaf(item) else target))
        return tuple(pairs)

    def left(self) -> Iterator[tuple[str, Expr]]:
        """What nobody has taken: the writer has to account for it."""
        for name in self._left.values():
            yield name, self.ad[name]

    def leave(self, name: str) -> None:
        """Put an attribute back: it was read and could not be said."""
        if name in self.ad:
            self._left[name.lower()] = self.ad.spelling(name)

    def forget(self, *names: str) -> None:
        """Attributes that need not be said."""
        for name in names:
            self._left.pop(name.lower(), None)

    def _input(self, item: str, base: str, name: str) -> InputFile:
        from gridwms.describe.jdl.inputs import is_url

        if is_url(item):
            return InputFile(item, name or leaf(item))
        plain = literal(item)
        if base and not item.startswith("/"):
            return InputFile(f"{base}/{plain}", name or leaf(plain))
        return InputFile(plain, name or leaf(plain))

    def _peek_texts(self, name: str) -> tuple[str, ...] | None:
        if name not in self.ad:
            return None
        value = evaluate_attribute(self.ad, name)
        if isinstance(value, str):
            return (value,)
        if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
            return tuple(item for item in value if isinstance(item, str))
        return None

    def _took(self, name: str, value: Taken) -> Taken:
        self._left.pop(name.lower(), None)
        return value
