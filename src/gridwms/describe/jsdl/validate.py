"""A tree against the table of elements: everything that is wrong, each with its line, and what is accepted."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import error, warning
from gridwms.describe.jdl.draft import shown
from gridwms.describe.jsdl.namespaces import CLOSED, JSDL, PREFIXES
from gridwms.describe.jsdl.schema import APPLICATIONS, ATTRIBUTE_TYPES, ELEMENTS, PLACED, Rule
from gridwms.describe.jsdl.types import WORDS, Type, fits
from gridwms.describe.jsdl.xml_tree import Element, local, namespace
from gridwms.describe.problem import Problem
from gridwms.describe.suggest import suggest

MAX_PROBLEMS = 200
ROOT = "jsdl:JobDefinition"
_HARMLESS = ("xml:", "{http://www.w3.org/2001/XMLSchema-instance}")
"""Attributes that say nothing about the job, by the beginning of their names."""

_COLLECTIONS = "job collections are not served yet; submit the JobDefinition inside"


class Validation:
    """What was found. `lost`: extensions of others, which GFD.136 allows and this code does not know."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lost: list[Lost] = []

    def note(self, problem: Problem) -> None:
        """Keep a problem, unless there are so many that more would help nobody."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def document(self, root: Element) -> None:
        """Check a whole document."""
        if root.name == ROOT:
            self.element(root)
            return
        hint = ""
        if root.local == "JobDefinition":
            hint = f" of the namespace '{namespace(root.name, PREFIXES)}'"
        elif root.name.startswith("jsaga:"):
            hint = f": {_COLLECTIONS}"
        self.note(
            error(
                "unsupported" if root.name.startswith("jsaga:") else "unknown_element",
                root.local,
                f"found as the root element{hint}",
                root.place,
                found=root.local,
                accepted=f"JobDefinition of the namespace {JSDL}",
            )
        )

    def element(self, element: Element) -> None:
        """Check an element that has a row in the table, and all that is in it."""
        rule = ELEMENTS[element.name]
        self.attributes(element, rule)
        if rule.type is not None:
            self.text(element, rule.type)
            return
        if element.trimmed:
            self.note(
                error(
                    "unexpected_text",
                    element.local,
                    f"the text {shown(element.trimmed)} stands between its elements",
                    element.place,
                    found=element.trimmed,
                    accepted=_listed(rule),
                )
            )
        self.children(element, rule)

    def children(self, element: Element, rule: Rule) -> None:
        """Which elements there are, in which order, and how many of each."""
        slots = {slot.rstrip("?*+"): slot[-1] if slot[-1] in "?*+" else "" for slot in rule.children}
        order = {name: number for number, name in enumerate(slots)}
        counts: dict[str, int] = {}
        latest = ""
        for child in element.children:
            if child.name not in slots:
                self.other(child, element, rule)
                continue
            counts[child.name] = counts.get(child.name, 0) + 1
            if counts[child.name] == 2 and slots[child.name] in ("", "?"):
                self.note(
                    error(
                        "multiplicity",
                        child.local,
                        f"stands more than once in {element.local}",
                        child.place,
                        found=child.local,
                        accepted="one",
                    )
                )
            if latest and order[child.name] < order[latest]:
                self.note(
                    warning(
                        "order",
                        child.local,
                        f"stands after {local(latest)}; other readers of JSDL may refuse the document",
                        child.place,
                        found=child.local,
                        accepted=f"the order {', '.join(local(name) for name in slots)}",
                    )
                )
            else:
                latest = child.name
            self.element(child)
        for name, sign in slots.items():
            if sign in ("", "+") and name not in counts:
                self.note(
                    error(
                        "missing",
                        element.local,
                        f"there is no {local(name)} in it",
                        element.place,
                        accepted=_listed(rule),
                    )
                )

    def other(self, child: Element, parent: Element, rule: Rule) -> None:
        """An element that the rule does not name."""
        if child.name == "sweep:Sweep" and parent.name == ROOT:
            return  # read by sweep.py
        if child.name.startswith(("sweep:", "sweepfunc:")):
            accepted = "after JobDescription, in JobDefinition (GFD.149)"
            self.note(
                error("unknown_element", child.local, "this sweep cannot stand here", child.place, accepted=accepted)
            )
        elif PLACED.get(child.name) == parent.name:
            self.element(child)
        elif rule.extensible and child.name.split(":", 1)[0] not in CLOSED and child.name.startswith(("{", "jsaga:")):
            why = f"an extension of the namespace '{namespace(child.name, PREFIXES)}', which is not known here"
            self.lost.append(Lost(f"{parent.local}/{child.local}", why, child.place))
        else:
            self.unknown(child, parent, rule)

    def unknown(self, child: Element, parent: Element, rule: Rule) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            return  # looking for what was meant takes its time
        near = [local(name.rstrip("?*+")) for name in rule.children]
        if parent.name == "jsdl:Application":
            near += [local(name) for name in APPLICATIONS]
        if child.local in near:
            own = next((n for n in (*rule.children, *APPLICATIONS) if local(n.rstrip("?*+")) == child.local), "")
            uri = namespace(own, PREFIXES)
            hint = f" of the namespace '{namespace(child.name, PREFIXES)}'; did you mean that of {uri}?"
        else:
            meant = _meant(child.local, near)
            hint = f"; did you mean {meant}?" if meant else ""
        self.note(
            error(
                "unknown_element",
                child.local,
                f"this element cannot stand in {parent.local}{hint}",
                child.place,
                found=child.local,
                accepted=", ".join(near) or "no elements, only text",
            )
        )

    def attributes(self, element: Element, rule: Rule) -> None:
        for name, value in element.attributes.items():
            if name in rule.attributes:
                wanted = ATTRIBUTE_TYPES.get(name, Type.STRING)
                if not fits(value.strip(), wanted):
                    message = f"the attribute {name} has the value {shown(value)}"
                    self.note(
                        error("wrong_type", element.local, message, element.place, found=value, accepted=wanted.value)
                    )
            elif not name.startswith(_HARMLESS):
                self.unknown_attribute(element, rule, name)
        for name in rule.required:
            if name not in element.attributes:
                message = f"it has no attribute {name}"
                self.note(error("missing", element.local, message, element.place, accepted=f'{name}="..."'))

    def unknown_attribute(self, element: Element, rule: Rule, name: str) -> None:
        plain = local(name)
        if name.startswith("{") and rule.extensible:
            why = "an attribute of another namespace, which is not known here"
            self.lost.append(Lost(f"{element.local}/@{plain}", why, element.place))
            return
        if len(self.problems) >= MAX_PROBLEMS:
            return
        meant = _meant(plain, rule.attributes)
        accepted = f"the attributes {', '.join(rule.attributes)}" if rule.attributes else "no attributes"
        message = f"the attribute {plain} is not known" + (f"; did you mean {meant}?" if meant else "")
        self.note(error("unknown_attribute", element.local, message, element.place, found=plain, accepted=accepted))

    def text(self, element: Element, type_: Type) -> None:
        for child in element.children:
            self.unknown(child, element, ELEMENTS[element.name])
        if element.children or fits(element.trimmed, type_):
            return
        found = shown(element.trimmed) if element.trimmed else "nothing"
        words = WORDS.get(type_, ())
        meant = _meant(element.trimmed, words)
        self.note(
            error(
                "wrong_type",
                element.local,
                f"found {found}" + (f"; did you mean {meant}?" if meant else ""),
                element.place,
                found=element.trimmed,
                accepted=", ".join(words) if 4 < len(words) < 15 else type_.value,
            )
        )


def _meant(text: str, words: Sequence[str]) -> str | None:
    """The word that was probably meant; XML, unlike JDL, looks at the case."""
    return next((word for word in words if word.lower() == text.lower()), None) or suggest(text, words)


def _listed(rule: Rule) -> str:
    return ", ".join(local(name.rstrip("?*+")) for name in rule.children)
