"""A tree of the native form to JDL: which keys there are, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridwms.classad import ClassAdSyntaxError, parse_expression, unparse
from gridwms.describe.convert.jdl_text import JdlText
from gridwms.describe.convert.reading import error
from gridwms.describe.native.compounds import WrongType, finish
from gridwms.describe.native.keys import KEYS, Key, names_in
from gridwms.describe.native.kinds import KINDS, text_of
from gridwms.describe.native.tree import Node, kind
from gridwms.describe.problem import Problem
from gridwms.describe.suggest import suggest

MAX_PROBLEMS = 200


@dataclass(slots=True)
class Mapping:
    """The JDL in the making, and what is wrong with the tree."""

    jdl: JdlText = field(default_factory=JdlText)
    problems: list[Problem] = field(default_factory=list)

    def document(self, root: Node) -> None:
        """Map a whole tree."""
        if not isinstance(root.value, dict):
            accepted = "a table with keys such as run and files"
            self.note(error("wrong_type", "", f"found {kind(root)}", root.place, accepted=accepted))
            return
        self.section("", root)
        finish(self, root)
        if "Type" in self.jdl or "Nodes" in self.jdl or "nodes" in root.value:
            return  # several jobs, each with its own
        if "Executable" not in self.jdl and not any(problem.attribute == "run.executable" for problem in self.problems):
            accepted = "run: {executable: ...}: a path on the worker node, or the name of a file of files.in"
            self.note(error("missing", "run.executable", "is mandatory; found nothing", root.place, accepted=accepted))

    def inner(self) -> Mapping:
        """For one of the jobs of a compound: its problems are ours."""
        return Mapping(problems=self.problems)

    def section(self, name: str, node: Node) -> None:
        known = names_in(name)
        for word, inner in node.entries():
            full = f"{name}.{word}" if name else word
            if word in known:
                self.key(full, KEYS[full], inner)
            else:
                self.unknown(full, word, known, inner)

    def key(self, name: str, key: Key, node: Node) -> None:
        if node.value is None:
            return
        try:
            KINDS[key.kind](self, name, key, node)
        except WrongType as wrong:
            found = str(wrong) or kind(node)
            self.note(error("wrong_type", name, f"found {found}", node.at, found=found, accepted=key.kind.value))

    def unknown(self, full: str, word: str, known: list[str], node: Node) -> None:
        meant = next((name for name in known if name == word.lower()), None) or suggest(word, known)
        elsewhere = next((name for name in KEYS if name.rpartition(".")[2] == word.lower()), "")
        hint = f"; did you mean {meant or elsewhere}?" if meant or elsewhere else ""
        message = f"this key is not known here{hint}"
        self.note(error("unknown_key", full[:100], message, node.at, found=word[:100], accepted=", ".join(known)))

    def note(self, problem: Problem) -> None:
        """Keep a problem, unless there are too many already."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def expression(self, name: str, node: Node) -> str:
        """An expression, parsed and written again on one line; empty when it is wrong, which is noted."""
        try:
            return unparse(parse_expression(text_of(node)))
        except ClassAdSyntaxError as wrong:
            line, column = node.place
            inside = f" at line {wrong.line}, column {wrong.column} of it" if wrong.line else ""
            message = f"this is no expression: {wrong.message}{inside}"
            self.note(error("syntax", name, " ".join(message.split()), (line, column), found=wrong.found))
        except RecursionError:
            self.note(error("too_large", name, "the expression is nested too deeply", node.place))
        return ""
