"""The nodes of collections and DAGs, each family of them checked and completed once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gridwms.classad import (
    ClassAd,
    ClassAdSyntaxError,
    ListExpression,
    Literal,
    evaluate_attribute,
    parse_expression,
    quote,
)
from gridwms.classad.text import fold
from gridwms.classad.unparse import unparse
from gridwms.describe.compound import PLACEHOLDER, Compound, CompoundKind, Edge, Node, Template
from gridwms.describe.jdl.dependencies import check_circles, read_edges
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.families import Family, families, representatives, variations
from gridwms.describe.jdl.inheritance import inherit
from gridwms.describe.jdl.inputs import Trouble
from gridwms.describe.jdl.names import leaf_trouble
from gridwms.describe.jdl.node_files import as_strings, pointer
from gridwms.describe.jdl.node_text import NodeText, padded, split_strings
from gridwms.describe.jdl.nodes import Nodes, unwrapped, varies_in_matching
from gridwms.describe.jdl.parent import check_parent, compound_of
from gridwms.describe.jdl.shared_files import SharedFiles

_IN_NODES = ("Dependencies", "WeakDependencies", "max_running_nodes", "node_type", "node_retry_count")
_FORMS = {
    CompoundKind.COLLECTION: "Nodes = { [ ... ], [ ... ] }",
    CompoundKind.DAG: "Nodes = [ name = [ Description = [ ... ] ]; ... ]",
}
_MARK = re.compile(r"SLOT(\d+)x+E")


def read_nodes(parent: Draft, kind: CompoundKind, text: str, texts: Sequence[NodeText] | None) -> Compound | None:
    """The compound; None when something is wrong with it."""
    inside = _join_reserved(parent)
    check_parent(parent)
    if not texts:
        found = "no node" if "Nodes" in parent.ad else "nothing"
        if not parent.refused:
            parent.error("missing", "Nodes", f"found {found}", found=found, accepted=_FORMS[kind])
        return None
    if len(texts) > parent.defaults.max_nodes:
        accepted = f"at most {parent.defaults.max_nodes:,} nodes in one submit (max_nodes)"
        parent.error("too_many", "Nodes", f"found {len(texts):,} nodes", found=str(len(texts)), accepted=accepted)
        return None
    reading = _Reading(parent, text, texts)
    reading.name_nodes()
    reading.check()
    edges = _edges(parent, kind, inside, reading)
    if parent.refused:
        return None
    reading.check_sources(edges)
    templates, nodes = reading.templates()
    compound = compound_of(parent, kind, templates, nodes, reading.nodes.shared, edges)
    return None if parent.refused else compound


def _join_reserved(parent: Draft) -> ClassAd | None:
    """Let the reserved names inside of Nodes count as the parent's; the ad that Nodes is, if it is one."""
    inside = parent.ad.get("Nodes")
    rest = inside.items if isinstance(inside, ListExpression) else ()
    for item in rest:
        at = (item.line, item.column)
        parent.error("wrong_type", "Nodes", f"found {shown(item)}", accepted="ads: [ name = value; ... ]", at=at)
    if inside is not None and not isinstance(inside, ClassAd | ListExpression):
        found = shown(inside)
        parent.error("wrong_type", "Nodes", f"found {found}", found=found, accepted="a list of ads, or an ad of ads")
    if not isinstance(inside, ClassAd):
        return None
    reserved = {name.lower() for name in _IN_NODES}
    for name in inside:
        if name.lower() not in reserved:
            found = f"{name} = {shown(inside[name])}"
            accepted = f"{name} = [ ... ], or one of {', '.join(_IN_NODES)}"
            parent.error("wrong_type", "Nodes", f"found {found}", accepted=accepted, at=inside.position(name))
    counts = {n: inside[n] for n in _IN_NODES if n in inside and n not in parent.ad and "dependencies" not in n.lower()}
    if counts:
        places = {fold(name): parent.ad.position(name) for name in parent.ad}
        places |= {fold(name): inside.position(name) for name in counts}
        parent.ad = ClassAd([*parent.ad.items(), *counts.items()], places=places)
    if "node_retry_count" in parent.ad:
        parent.warning("deprecated", "node_retry_count", "is deprecated; write DefaultNodeRetryCount")
    return inside


def _edges(parent: Draft, kind: CompoundKind, inside: ClassAd | None, reading: _Reading) -> list[Edge]:
    ads = [ad for ad in (parent.ad, inside) if ad is not None]
    if kind is CompoundKind.COLLECTION:
        for name in ("Dependencies", "WeakDependencies"):
            if any(name in ad for ad in ads):
                parent.error(
                    "exclusive", name, "the nodes of a collection cannot wait for each other", accepted='Type = "DAG"'
                )
        return []
    numbers = {fold(name): number for number, name in enumerate(reading.names)}
    edges, places = read_edges(parent, ads, numbers)
    if not parent.refused:
        check_circles(parent, edges, places, len(reading.names), reading.names.__getitem__)
    return edges


class _Reading:
    """The nodes of one text."""

    def __init__(self, parent: Draft, text: str, texts: Sequence[NodeText]) -> None:
        self.parent = parent
        self.text = text
        self.texts = texts
        self.families = families(text, texts)
        shared = SharedFiles(parent)
        self.nodes = Nodes(parent, shared, lambda ad, draft: inherit(ad, parent, shared.count, draft))
        self.names: list[str] = []
        self._mark = "x"
        while f"SLOT0{self._mark}E" in text:
            self._mark += "x"
        self._outputs: dict[int, tuple[str, ...]] = {}
        self._place: dict[int, tuple[Family, int]] = {}
        self._sources: set[tuple[str, str]] = set()

    # names

    def name_nodes(self) -> None:
        """Give each node its name; names that are there twice are an error."""
        names: list[str] = [node.name for node in self.texts]
        for family in self.families:
            slot = family.name_slot
            for row, number in enumerate(family.members):
                if not names[number]:
                    names[number] = _unquoted(family.strings[row][slot]) if slot is not None else f"Node_{number}"
        self.names = names
        first: dict[str, int] = {}
        for number, name in enumerate(names):
            folded = fold(name)
            if folded in first:
                where = self._line(first[folded])
                message = f"the name {shown(name)} is taken by the node in line {where} already"
                self._error(number, "duplicate_node", message, "each name once")
                return
            first[folded] = number
            if not name.isidentifier() and (trouble := leaf_trouble(name)):
                self._error(number, "bad_name", f"{shown(name)} {trouble}", "a name without '/', of at most 255 bytes")

    def _line(self, number: int) -> int:
        return self.text.count("\n", 0, self.texts[number].begin) + 1

    def _error(self, number: int, code: str, message: str, accepted: str) -> None:
        begin = self.texts[number].begin
        at = (self._line(number), begin - self.text.rfind("\n", 0, begin))
        self.parent.error(code, "Nodes", message, found=self.names[number], accepted=accepted, at=at)

    # checks

    def check(self) -> None:
        """Check one node of each kind."""
        for family in self.families:
            varying = [each.slot for each in variations(family)[0]]
            for row, alike in representatives(family, varying):
                number = family.members[row]
                node = self.texts[number]
                text = _with_references(self.text[node.start : node.end])
                around = padded(self.text, node.start, node.start)
                label = self.names[number] + (f" (and {alike - 1:,} more like it)" if alike > 1 else "")
                self.nodes.check(around + text, label, self.output_of)

    def output_of(self, name: str, index: int) -> tuple[str, str]:
        """The name of a node as it is spelt, and of one of its output files. Raises Trouble."""
        number = self._number(name)
        if number is None:
            raise Trouble("unknown_node", f"there is no node {shown(name)}", "the name of a node of this DAG")
        outputs = self._outputs_of(number)
        if index >= len(outputs):
            what = f"the node has {len(outputs)} output files, numbered from 0"
            raise Trouble("unknown_file", what, "the number of one of them")
        if any(sign in outputs[index] for sign in "*?["):
            raise Trouble("wildcard", f"{shown(outputs[index])} may be several files", "the name of one file")
        return self.names[number], outputs[index]

    def _number(self, name: str) -> int | None:
        if not self._place:
            for family in self.families:
                for row, number in enumerate(family.members):
                    self._place[number] = (family, row)
            self._numbers = {fold(name): number for number, name in enumerate(self.names)}
        return self._numbers.get(fold(name))

    def _outputs_of(self, number: int) -> tuple[str, ...]:
        family, row = self._place[number]
        if id(family) not in self._outputs:
            self._outputs[id(family)] = self._output_forms(family)
        strings = family.strings[row]
        return tuple(_unquoted(_filled(form, dict(enumerate(strings)))) for form in self._outputs[id(family)])

    def _output_forms(self, family: Family) -> tuple[str, ...]:
        """The items of OutputSandbox, with marks for the strings that they are made of."""
        from gridwms.classad import parse_ad_tolerant

        ad, _ = parse_ad_tolerant(self._skeleton(family, range(len(family.code) - 1)), jdl=True)
        draft = Draft(ad=ad, defaults=self.parent.defaults, now=0.0)
        inner = unwrapped(draft)
        source = inner if inner is not None and "OutputSandbox" in inner else self.parent.ad
        value = evaluate_attribute(source, "OutputSandbox") if "OutputSandbox" in source else ()
        items = value if isinstance(value, tuple) else (value,)
        return tuple(item for item in items if isinstance(item, str))

    def check_sources(self, edges: Sequence[Edge]) -> None:
        """Whether nodes whose output others want run before them."""
        wanted = [
            (number, source)
            for family in self.families
            for row, number in enumerate(family.members)
            for source in {
                each.rsplit("/", 1)[-1] for each in family.strings[row] if each[:1] == "\x1a" and each[-1] != "/"
            }
        ]
        if not wanted:
            return
        parents: dict[int, list[int]] = {}
        for edge in edges:
            parents.setdefault(edge.child, []).append(edge.parent)
        for number, source in wanted:
            before = self._number(source)
            if before is not None and not _reaches(parents, number, before):
                wanted_by = shown(self.names[number])
                message = f"the node {wanted_by} wants an output file of {shown(source)}, which need not run before it"
                self._error(number, "unordered", message, f"a dependency {{ {source}, {self.names[number]} }}")
                return

    # templates

    def templates(self) -> tuple[list[Template], list[Node]]:
        """The templates of all families, and the nodes in the order of the text."""
        templates: dict[Template, int] = {}
        nodes: list[Node | None] = [None] * len(self.texts)
        for family in self.families:
            self._resolve_pointers(family)
            varying, values = variations(family)
            slots = [each.slot for each in varying]
            skeleton = self._skeleton(family, slots)
            ad = self.nodes.template(skeleton, self.output_of, self._is_marked)
            if ad is None:
                continue
            form = unparse(ad)
            literal = PLACEHOLDER in form or any(PLACEHOLDER in each.prefix + each.suffix for each in varying)
            if values is not None and not literal:
                ways = {each.slot: f"{each.prefix}{PLACEHOLDER}{each.suffix}" for each in varying}
                varies = varies_in_matching(ad, self._is_marked)
                jdl = _filled(form, ways)
                template = Template(jdl=jdl, varies=True, matching_varies=varies)
                at = templates.setdefault(template, len(templates))
                for number, value in zip(family.members, values, strict=True):
                    nodes[number] = Node(self.names[number], at, value)
                continue
            value = PLACEHOLDER if literal else ""
            pieces = _MARK.split(form)
            for number, strings in zip(family.members, family.strings, strict=True):
                jdl = (
                    form
                    if not slots
                    else "".join(piece if at % 2 == 0 else strings[int(piece)] for at, piece in enumerate(pieces))
                )
                at = templates.setdefault(Template(jdl=jdl, varies=literal), len(templates))
                nodes[number] = Node(self.names[number], at, value)
        return list(templates), [node for node in nodes if node is not None]

    def _resolve_pointers(self, family: Family) -> None:
        """Let the strings that point to files of others be what is stored of them."""
        for slot, first in enumerate(family.strings[0]):
            if pointer(first) is None:
                continue
            for strings in family.strings:
                pointed = pointer(strings[slot])
                if pointed is not None:
                    strings[slot] = quote(self.nodes.shared.pointed(pointed, self.output_of))[1:-1]

    def _is_marked(self, text: str) -> bool:
        """Whether the text differs from node to node."""
        return f"{self._mark}E" in text and _MARK.search(text) is not None

    def _skeleton(self, family: Family, slots: Sequence[int]) -> str:
        """The text of a family, with marks in place of these strings."""
        chosen = set(slots)
        pieces = []
        for slot, code in enumerate(family.code):
            pieces.append(code)
            if slot < len(family.code) - 1:
                inner = f"SLOT{slot}{self._mark}E" if slot in chosen else family.strings[0][slot]
                pieces.append(f'"{inner}"')
        return "".join(pieces)


def _with_references(text: str) -> str:
    if "root" not in text.lower():
        return text
    return "".join(as_strings(piece) if at % 2 == 0 else piece for at, piece in enumerate(split_strings(text)))


def _filled(form: str, ways: Mapping[int, str]) -> str:
    """The text with what each mark stands for."""
    return _MARK.sub(lambda found: ways[int(found[1])], form)


def _unquoted(raw: str) -> str:
    """The text that is written so between quotes."""
    if "\\" not in raw:
        return raw
    try:
        read = parse_expression(f'"{raw}"')
    except ClassAdSyntaxError:
        return raw
    return read.value if isinstance(read, Literal) and isinstance(read.value, str) else raw


def _reaches(parents: Mapping[int, Sequence[int]], start: int, goal: int) -> bool:
    """Whether `goal` is among the ancestors of `start`."""
    seen = {start}
    waiting = [start]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent == goal:
                return True
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return False
