"""A JDL text in the making that remembers where each of its lines came from.

Every dialect is read into such a text, and the one reader of JDL checks it. Each value and each item of a list has a
line of its own, so the line of a problem leads back to the place in the user's document.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gridwms.classad import quote
from gridwms.describe.convert.lost import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Origin:
    """What a line of JDL was in the user's document: how it is called there, and where it stands."""

    what: str
    place: Place = NOWHERE


@dataclass(slots=True)
class _Attribute:
    name: str
    lines: list[tuple[str, Origin]] = field(default_factory=list)
    opening: str = ""
    closing: str = ""
    between: str = ""


class JdlText:
    """Attributes in the order in which they were first named."""

    def __init__(self) -> None:
        self._attributes: dict[str, _Attribute] = {}
        self._nodes: list[tuple[JdlText, Origin]] = []

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._attributes

    def value(self, name: str, expression: str, origin: Origin) -> None:
        """One value, written in JDL. Of two the last wins."""
        self._attributes[name.lower()] = _Attribute(name, [(expression, origin)])

    def text(self, name: str, text: str, origin: Origin) -> None:
        """One string."""
        self.value(name, quote(text), origin)

    def item(self, name: str, text: str, origin: Origin) -> None:
        """One more string of a list."""
        self._more(name, "{", "}", ",").lines.append((quote(text), origin))

    def member(self, name: str, expression: str, origin: Origin) -> None:
        """One more item of a list, written in JDL."""
        self._more(name, "{", "}", ",").lines.append((expression, origin))

    def tag(self, name: str, text: str, origin: Origin) -> None:
        """One more of UserTags; a name that is taken gets a number (JobProject, JobProject2)."""
        tags = self._more("UserTags", "[", "]", ";")
        taken = {line.split(" ", 1)[0].lower() for line, _ in tags.lines}
        free, count = name, 1
        while free.lower() in taken or f"'{free.lower()}'" in taken:
            count += 1
            free = f"{name}{count}"
        tags.lines.append((f"{_attribute_name(free)} = {quote(text)}", origin))

    def require(self, clause: str, origin: Origin) -> None:
        """One more condition: they are joined with `&&`."""
        self._more("Requirements", "", "", " &&").lines.append((clause, origin))

    @property
    def has_nodes(self) -> bool:
        """Whether it is a compound."""
        return bool(self._nodes)

    def node(self, node: JdlText, origin: Origin) -> None:
        """One more of the jobs of a compound."""
        self._nodes.append((node, origin))

    def without(self, name: str) -> list[tuple[str, Origin]]:
        """Take an attribute out; the lines of its value."""
        attribute = self._attributes.pop(name.lower(), None)
        return attribute.lines if attribute else []

    def text_of(self, name: str) -> str:
        """What was given as a value, as JDL has it; empty when there is none."""
        attribute = self._attributes.get(name.lower())
        return attribute.lines[0][0] if attribute and attribute.lines else ""

    def number(self, name: str) -> int | None:
        """The whole number that was given as a value; None when there is none."""
        text = self.text_of(name)
        return int(text) if text.isdecimal() and len(text) < 19 else None

    def rendered(self) -> tuple[str, list[Origin]]:
        """The text, and the origin of each of its lines."""
        lines: list[str] = []
        origins: list[Origin] = []
        for attribute in self._attributes.values():
            single = len(attribute.lines) == 1
            for number, (line, origin) in enumerate(attribute.lines):
                head = f"{_attribute_name(attribute.name)} = {attribute.opening}" if number == 0 else "    "
                grouped = f"({line})" if attribute.between == " &&" and not single else line
                last = number == len(attribute.lines) - 1
                lines.append(f"{head}{grouped}{f'{attribute.closing};' if last else attribute.between}")
                origins.append(origin)
        for number, (node, origin) in enumerate(self._nodes):
            inner, places = node.rendered()
            lines += ["Nodes = { [" if number == 0 else ", [", *inner.split("\n")[:-1]]
            origins += [origin, *places]
            lines.append("] };" if number == len(self._nodes) - 1 else "]")
            origins.append(origin)
        return "\n".join(lines) + "\n", origins

    def _more(self, name: str, opening: str, closing: str, between: str) -> _Attribute:
        return self._attributes.setdefault(
            name.lower(), _Attribute(name, opening=opening, closing=closing, between=between)
        )


def _attribute_name(name: str) -> str:
    from gridwms.classad.unparse import name_text

    return name_text(name)
