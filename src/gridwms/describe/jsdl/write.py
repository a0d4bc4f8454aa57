"""A JDL ad to a JSDL document, with a report of what JSDL cannot say.

What it cannot say is kept in elements of gridwms' own namespace: gridwms reads it back, others ignore it.
"""

from __future__ import annotations

import re

from gridwms.classad import ClassAd, Expr, Group, unparse
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import Written
from gridwms.describe.convert.shell_words import split_words
from gridwms.describe.convert.source_ad import SourceAd
from gridwms.describe.jsdl.write_files import write_files
from gridwms.describe.jsdl.write_resources import Resources
from gridwms.describe.jsdl.xml_text import Node, can_hold, document, is_exact, is_plain

_VARIATION = "http://www.ogf.org/jsdl/2007/02/jsdl-spmd/"
_VARIATIONS = re.compile(r"(?!MPI$)[A-Za-z0-9_.-]+")
_STREAMS = {"StdInput": "Input", "StdOutput": "Output", "StdError": "Error"}
_LABELS = {
    "Description": ("identification", "jsdl:Description"),
    "JobAnnotation": ("identification", "jsdl:JobAnnotation"),
    "JobProject": ("identification", "jsdl:JobProject"),
    "ApplicationName": ("application", "jsdl:ApplicationName"),
    "ApplicationVersion": ("application", "jsdl:ApplicationVersion"),
    "ApplicationDescription": ("application", "jsdl:Description"),
    "Application": ("program", "Application"),
    "SPMDVariation": ("program", "SPMDVariation"),
}
"""Tags that are elements or attributes of JSDL, and where these stand, in their order."""

_REPEATED = ("JobAnnotation", "JobProject")
"""Elements of which there may be several: their tags are numbered from 2."""

KEPT = "JSDL has no word for it; it is kept in an element of gridwms' own, which other readers ignore"
_SHELL = "the shell makes more of it than words, which JSDL cannot say; it is kept in an element of gridwms' own"


class _Writer:
    def __init__(self, ad: ClassAd) -> None:
        self.source = SourceAd(ad)
        self.lost: list[Lost] = []
        self.reasons: dict[str, str] = {}

    def document(self) -> Written:
        root = Node("jsdl:JobDefinition")
        description = root.add("jsdl:JobDescription")
        parallel = self.is_parallel()
        labels = self.labels(parallel=parallel)
        self.identification(description, labels)
        resources = Resources(self.source, parallel=parallel)
        self.application(description, labels, resources, parallel=parallel)
        resources.write(description)
        self.lost += write_files(self.source, description)
        self.rest(description, resources.left)
        return Written(document(root), tuple(self.lost))

    def labels(self, *, parallel: bool) -> list[tuple[str, str, str]]:
        """UserTags as (where, element, text); empty when one of them is no element of JSDL."""
        found: list[tuple[str, str, str]] = []
        counts: dict[str, int] = {}
        for name, value in self.source.tags():
            stem = name.rstrip("0123456789") if name.startswith(_REPEATED) else name
            counts[stem] = counts.get(stem, 0) + 1
            numbered = stem if counts[stem] == 1 else f"{stem}{counts[stem]}"
            where, element = _LABELS.get(stem, ("", ""))
            fits = is_plain(value) if where == "program" else can_hold(value) and value and value == value.strip()
            if stem == "SPMDVariation":
                fits = parallel and _VARIATIONS.fullmatch(value) is not None
            if not where or name != numbered or not fits:
                self.source.leave("UserTags")
                return []
            found.append((where, element, value))
        order = list(_LABELS.values())
        return sorted(found, key=lambda label: order.index(label[:2]))

    def identification(self, description: Node, labels: list[tuple[str, str, str]]) -> None:
        identification = Node("jsdl:JobIdentification")
        name = self.source.text("NodeName")
        if name is not None and is_plain(name):
            identification.add("jsdl:JobName", name)
        else:
            self.source.leave("NodeName")
        for where, element, text in labels:
            if where == "identification":
                identification.add(element, text)
        if identification.children:
            description.children.append(identification)

    def is_parallel(self) -> bool:
        """Whether it is an MPI job; any other special type is left over."""
        kinds = {kind.lower() for kind in self.source.texts("JobType")} - {"normal"}
        if kinds and kinds != {"mpich"}:
            self.source.leave("JobType")
        return kinds == {"mpich"}

    def application(
        self, description: Node, labels: list[tuple[str, str, str]], resources: Resources, *, parallel: bool
    ) -> None:
        application = description.add("jsdl:Application")
        for where, element, text in labels:
            if where == "application":
                application.add(element, text)
        program = application.add("spmd:SPMDApplication" if parallel else "posix:POSIXApplication")
        name = next((text for _, element, text in labels if element == "Application"), "")
        if name:
            program.attributes = {"name": name}
        self.path(program, "Executable", "Executable")
        for word in self.words():
            program.add("posix:Argument", word)
        for attribute, element in _STREAMS.items():
            self.path(program, attribute, element)
        self.environment(program)
        if parallel:
            resources.write_processes(program)
            kind = next((text for _, element, text in labels if element == "SPMDVariation"), "MPI")
            program.add("spmd:SPMDVariation", _VARIATION + kind)
        else:
            resources.write_limits(program)

    def path(self, program: Node, attribute: str, element: str) -> None:
        text = self.source.text(attribute)
        if text and is_plain(text):
            program.add(f"posix:{element}", text)
        elif text:
            self.source.leave(attribute)

    def words(self) -> tuple[str, ...]:
        line = self.source.text("Arguments")
        words = split_words(line) if line is not None else ()
        if words is None or not all(map(is_exact, words)):
            self.source.leave("Arguments")
            self.reasons["arguments"] = _SHELL if words is None else KEPT
            return ()
        return words

    def environment(self, program: Node) -> None:
        variables = self.source.environment()
        if not all(can_hold(name) and can_hold(value) for name, value in variables):
            self.source.leave("Environment")
            return
        for name, value in variables:
            program.add("posix:Environment", value, name=name)

    def rest(self, description: Node, clauses: list[Expr]) -> None:
        """What is left over goes into elements of our own, and into the report."""
        if clauses:
            text = " && ".join(unparse(clause if isinstance(clause, Group) else Group(clause)) for clause in clauses)
            self.keep(description, "Requirements", text if len(clauses) > 1 else unparse(clauses[0]))
            for clause in clauses:
                place = (clause.line, clause.column) if clause.line else self.source.place("Requirements")
                self.lost.append(Lost(f"Requirements: {unparse(clause)[:120]}", KEPT, place))
        for name, expr in self.source.left():
            self.keep(description, name, unparse(expr))
            why = self.reasons.get(name.lower(), KEPT)
            self.lost.append(Lost(name, why, self.source.place(name)))

    def keep(self, description: Node, name: str, expression: str) -> None:
        safe = "".join(c if can_hold(c) else "".join(f"\\{byte:03o}" for byte in c.encode()) for c in expression)
        if can_hold(name):
            description.add("gridwms:Attribute", safe, name=name)


def write_jsdl(ad: ClassAd) -> Written:
    """The job of a JDL ad as a JSDL document. Nothing of the ad is dropped without a word in `lost`."""
    return _Writer(ad).document()
