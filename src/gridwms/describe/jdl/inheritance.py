"""What the nodes of a collection or a DAG have from their parent (gLite reference §1.5, §1.6)."""

from __future__ import annotations

from gridwms.classad import ClassAd, Expr
from gridwms.classad.ad import to_expression
from gridwms.classad.text import fold
from gridwms.describe.jdl.draft import Draft
from gridwms.describe.jdl.node_files import pointer_text

INHERITED = (
    "FuzzyRank",
    "FuzzyFactor",
    "fuzzy_factor",
    "InputSandboxBaseURI",
    "OutputSandbox",
    "OutputSandboxDestURI",
    "OutputSandboxBaseDestURI",
    "PerusalFileEnable",
    "PerusalTimeInterval",
    "SubmitTo",
    "Priority",
    "ShortDeadlineJob",
    "ExpiryTime",
    "Rank",
    "Requirements",
    "RetryCount",
    "ShallowRetryCount",
)
"""The node's own wins. FuzzyFactor and PerusalTimeInterval are ours: without them their switches mean another thing.
InputSandbox is inherited as well, file by file."""

FORCED = ("HLRLocation", "MyProxyServer", "JobProvenance", "VirtualOrganisation")
"""The parent's, also when it has none."""

DEFAULTS = {
    "RetryCount": ("DefaultNodeRetryCount", "node_retry_count"),
    "ShallowRetryCount": ("DefaultNodeShallowRetryCount",),
}
"""What the parent says of nodes that have neither a count of their own nor one of the parent."""

_OWN = frozenset(
    name.lower()
    for name in (
        *("Type", "JobType", "Nodes", "Dependencies", "WeakDependencies", "NodesCollocation", "UserTags", "LBAddress"),
        *("DefaultNodeRetryCount", "DefaultNodeShallowRetryCount", "max_running_nodes", "node_type"),
        *("node_retry_count", "AllowZippedISB", "ZippedISB", "InputSandbox", "InputSandboxDestFileName", "UserContact"),
        *("NodeName", "SignificantAttributes", "EnableWmsFeedback"),
    )
)
_KNOWN = _OWN | {name.lower() for name in (*INHERITED, *FORCED)}


def is_of_no_use(name: str) -> bool:
    """Whether an attribute that a job may have does nothing when it stands with the parent."""
    return name.lower() not in _KNOWN


def inherit(node: ClassAd, parent: Draft, files: int, draft: Draft) -> ClassAd:
    """The node with what it has from its parent, whose InputSandbox has `files` items. Warns in `draft`."""
    for name in FORCED:
        if name in node and (name not in parent.ad or parent.ad[name] != node[name]):
            draft.warning("overruled", name, "the parent's is taken, as for every node", at=node.position(name))
    node = node.without(("NodeName",))
    added: dict[str, Expr] = {}
    given = parent.ad
    for name in INHERITED:
        if name in given and name not in node and not _excluded(node, name):
            added[name] = given[name]
    for name, sources in DEFAULTS.items():
        source = next((each for each in sources if each in given), "")
        if source and name not in node and name not in given:
            added[name] = given[source]
    if files and "InputSandbox" not in node:
        added["InputSandbox"] = _pointers(files)
        if "InputSandboxDestFileName" in given:
            added["InputSandboxDestFileName"] = given["InputSandboxDestFileName"]
    forced = {name: given[name] for name in FORCED if name in given}
    without = [name for name in FORCED if name in node]
    if not (added or forced or without):
        return node
    items = [(name, expr) for name, expr in node.items() if name not in without]
    places = {fold(name): node.position(name) for name in node}
    for name, expr in (*added.items(), *forced.items()):
        items.append((name, expr))
        if name in given:
            places[fold(name)] = given.position(name)
    return ClassAd(items, places=places, line=node.line, column=node.column)


def _excluded(node: ClassAd, name: str) -> bool:
    """Destinations belong to a list of files: those of the parent do not fit the node's own."""
    if name == "OutputSandboxDestURI":
        return "OutputSandbox" in node or "OutputSandboxBaseDestURI" in node
    return name == "OutputSandboxBaseDestURI" and "OutputSandboxDestURI" in node


def _pointers(files: int) -> Expr:
    return to_expression([pointer_text(index) for index in range(files)])
