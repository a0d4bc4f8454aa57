"""Numbers of CPUs and the conditions of Requirements as Resources and limits (GFD.136)."""

from __future__ import annotations

from gridwms.classad import Expr
from gridwms.describe.convert.clauses import Comparison, Match, Membership, recognised
from gridwms.describe.convert.source_ad import SourceAd
from gridwms.describe.jsdl import terms, types
from gridwms.describe.jsdl.schema import ELEMENTS
from gridwms.describe.jsdl.xml_text import Node, is_plain

_RANGES = {term.glue.lower(): term for term in reversed(terms.RANGES) if not term.total}
_WALL = terms.LIMITS[0]
_NAMES_OF_PATTERNS = {pattern: name for name, pattern in reversed(terms.OPERATING_SYSTEMS.items())}
_PLAIN_SYSTEMS = frozenset(types.OPERATING_SYSTEMS) - terms.OPERATING_SYSTEMS.keys() - {"other", "Unknown"}
_ARCHITECTURES = {pattern: name for name, pattern in reversed(terms.ARCHITECTURES.items())}


class Resources:
    """Sorts the conditions; `left` are those that JSDL cannot say."""

    def __init__(self, source: SourceAd, *, parallel: bool) -> None:
        self.source = source
        self.parallel = parallel
        self.left: list[Expr] = []
        self.wall: int | None = None
        self.nodes: dict[str, Node] = {}
        self.bounds: dict[str, dict[str, int]] = {}
        for expr in source.clauses():
            if not self._take(expr):
                self.left.append(expr)
        self.cpus = source.number("CPUNumber")
        self.hosts = source.number("HostNumber")
        self.of_host = source.number("SMPGranularity") if self.hosts is None else None

    def write(self, description: Node) -> None:
        """Append Resources, when there are any, with its elements in the order of the table."""
        self._counts()
        for glue, bounds in self.bounds.items():
            term = _RANGES[glue]
            self.nodes[term.element] = _range(term, bounds)
        whole = self.source.flag("WholeNodes")
        if whole:
            self.nodes["jsdl:ExclusiveExecution"] = Node("jsdl:ExclusiveExecution", "true")
        order = [slot.rstrip("?*+") for slot in ELEMENTS["jsdl:Resources"].children]
        if self.nodes:
            nodes = sorted(self.nodes.values(), key=lambda node: order.index(node.name))
            description.add("jsdl:Resources").children.extend(nodes)

    def write_limits(self, program: Node) -> None:
        """WallTimeLimit of a POSIX application."""
        if self.wall is not None:
            program.add(_WALL.element, str(self.wall * int(_WALL.scale)))

    def write_processes(self, program: Node) -> None:
        """Numbers of processes of an SPMD application; its threads are in the environment."""
        if self.wall is not None:
            self.left.extend(each for each in self.source.clauses() if _is_wall(each))
        if self.cpus is not None:
            program.add("spmd:NumberOfProcesses", str(self.cpus))
        if self.of_host is not None:
            program.add("spmd:ProcessesPerHost", str(self.of_host))

    def _counts(self) -> None:
        cpus = self.cpus
        if cpus is None and (self.hosts is not None or (self.of_host is not None and not self.parallel)):
            cpus = 1
        of_host = None if self.parallel else self.of_host
        for name, number in (
            ("jsdl:IndividualCPUCount", of_host),
            ("jsdl:TotalCPUCount", cpus),
            ("jsdl:TotalResourceCount", self.hosts),
        ):
            if number is not None:
                node = Node(name)
                node.add("jsdl:Exact", str(number))
                self.nodes[name] = node

    def _take(self, expr: Expr) -> bool:
        clause = recognised(expr)
        if isinstance(clause, Comparison):
            return self._comparison(clause)
        if isinstance(clause, Membership) and not clause.in_resource and clause.name.lower() == terms.HOST.lower():
            return self._hosts(clause.values)
        if isinstance(clause, Match) and clause.options == "i":
            return self._match(clause)
        return False

    def _comparison(self, clause: Comparison) -> bool:
        name, value = clause.name.lower(), clause.value
        if isinstance(value, str):
            return clause.sign == "==" and self._equal(name, value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 40:
            return False
        if _is_wall_comparison(clause) and self.wall is None:
            self.wall = value
            return True
        return name in _RANGES and self._bound(name, clause.sign, value)

    def _bound(self, name: str, sign: str, value: int) -> bool:
        """Note a bound of a range; False when it has one of that kind already."""
        bounds = self.bounds.setdefault(name, {})
        wanted = {">=": ">", ">": ">", "<=": "<", "<": "<", "==": "<>"}.get(sign)
        if wanted is None or any(side in "".join(bounds) for side in wanted) or "==" in bounds:
            if not bounds:
                del self.bounds[name]
            return False
        bounds[sign] = value
        return True

    def _equal(self, name: str, value: str) -> bool:
        if name == terms.HOST.lower():
            return self._hosts((value,))
        if name == terms.ARCHITECTURE.lower() and value in _ARCHITECTURES and not value.startswith("^"):
            return self._architecture(_ARCHITECTURES[value])
        if name == terms.OPERATING_SYSTEM.lower() and value in _PLAIN_SYSTEMS:
            return self._system(value)
        if name == terms.OPERATING_SYSTEM_VERSION.lower() and is_plain(value):
            return self._version(value)
        return False

    def _match(self, clause: Match) -> bool:
        name = clause.name.lower()
        if name == terms.OPERATING_SYSTEM.lower() and clause.pattern in _NAMES_OF_PATTERNS:
            return self._system(_NAMES_OF_PATTERNS[clause.pattern])
        if name == terms.ARCHITECTURE.lower() and clause.pattern.startswith("^") and clause.pattern in _ARCHITECTURES:
            return self._architecture(_ARCHITECTURES[clause.pattern])
        return False

    def _hosts(self, names: tuple[str, ...]) -> bool:
        if "jsdl:CandidateHosts" in self.nodes or not all(is_plain(name) and " " not in name for name in names):
            return False
        hosts = self.nodes["jsdl:CandidateHosts"] = Node("jsdl:CandidateHosts")
        for name in names:
            hosts.add("jsdl:HostName", name)
        return True

    def _architecture(self, name: str) -> bool:
        if "jsdl:CPUArchitecture" in self.nodes:
            return False
        self.nodes["jsdl:CPUArchitecture"] = Node("jsdl:CPUArchitecture")
        self.nodes["jsdl:CPUArchitecture"].add("jsdl:CPUArchitectureName", name)
        return True

    def _system(self, name: str) -> bool:
        system = self.nodes.setdefault("jsdl:OperatingSystem", Node("jsdl:OperatingSystem"))
        if any(child.name == "jsdl:OperatingSystemType" for child in system.children):
            return False
        kind = Node("jsdl:OperatingSystemType")
        kind.add("jsdl:OperatingSystemName", name)
        system.children.insert(0, kind)
        return True

    def _version(self, version: str) -> bool:
        system = self.nodes.setdefault("jsdl:OperatingSystem", Node("jsdl:OperatingSystem"))
        if any(child.name == "jsdl:OperatingSystemVersion" for child in system.children):
            return False
        system.add("jsdl:OperatingSystemVersion", version)
        return True


def _is_wall_comparison(clause: Comparison) -> bool:
    return clause.name.lower() == _WALL.glue.lower() and clause.sign == ">="


def _is_wall(expr: Expr) -> bool:
    clause = recognised(expr)
    return isinstance(clause, Comparison) and _is_wall_comparison(clause)


def _range(term: terms.Term, bounds: dict[str, int]) -> Node:
    """One interval. An amount that must be exactly so is a range, since Exact accepts resources that have more."""
    node, scale = Node(term.element), int(term.scale)
    if "==" in bounds:
        bounds = {">=": bounds["=="], "<=": bounds["=="]} if term.at_least else bounds
    if "==" in bounds:
        node.add("jsdl:Exact", str(bounds["=="] * scale))
        return node
    low = next((sign for sign in bounds if sign.startswith(">")), "")
    high = next((sign for sign in bounds if sign.startswith("<")), "")
    if low and high:
        node = node.add("jsdl:Range")
        _bound(node, "jsdl:LowerBound", low, bounds[low] * scale)
        _bound(node, "jsdl:UpperBound", high, bounds[high] * scale)
        outer = Node(term.element)
        outer.children.append(node)
        return outer
    _bound(
        node, "jsdl:LowerBoundedRange" if low else "jsdl:UpperBoundedRange", low or high, bounds[low or high] * scale
    )
    return node


def _bound(node: Node, name: str, sign: str, value: int) -> None:
    bound = node.add(name, str(value))
    if "=" not in sign:
        bound.attributes = {"exclusiveBound": "true"}
