"""How nodes come to be: a compound is registered with lists of its nodes, and each node's first events follow.

So the log of a hundred thousand nodes begins with a few records, and yet says of each of them how it began.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from gridwms.jobs.events import Accepted, CompoundRegistered, Decision, Registered
from gridwms.jobs.ids import node_key

LIST_LENGTH = 1000
"""How many nodes one list holds."""


class NodeFacts(NamedTuple):
    """What nodes of the same description have in common."""

    description: str
    match_class: str
    retry_count: int
    shallow_retry_count: int
    expires_at: float | None
    priority: int = 0


class NewNode(NamedTuple):
    """A node as it is registered. `blockers`: how many nodes it waits for."""

    name: str
    value: str
    facts: NodeFacts
    blockers: int = 0


def accepted_at_once(registered: CompoundRegistered, node: NewNode) -> bool:
    """Whether a node could be matched from the beginning."""
    return registered.started and not registered.max_running and not node.blockers


def count_first_events(registered: CompoundRegistered, node: NewNode) -> int:
    """How many events `first_events` makes of a node."""
    return 2 if accepted_at_once(registered, node) else 1


def first_events(parent: int, registered: CompoundRegistered, number: int, node: NewNode) -> tuple[Decision, ...]:
    """How the history of node `number` begins. `parent`: the row number of the compound."""
    first = Registered(
        time=registered.time,
        source=registered.source,
        key=node_key(registered.key, number),
        owner=registered.owner,
        vo=registered.vo,
        description=node.facts.description,
        match_class=node.facts.match_class,
        retry_count=node.facts.retry_count,
        shallow_retry_count=node.facts.shallow_retry_count,
        expires_at=node.facts.expires_at,
        parent=parent,
        node=number,
        node_name=node.name,
        value=node.value,
        fqan=registered.fqan,
        priority=node.facts.priority,
        delegation=registered.delegation,
    )
    if not accepted_at_once(registered, node):
        return (first,)
    expires_at = registered.nodes_expire_at if node.facts.expires_at is None else None
    return first, Accepted(id="d000000001", time=registered.time, expires_at=expires_at)


def list_text(nodes: Sequence[NewNode]) -> str:
    """A list of nodes as it is kept."""
    kinds: dict[NodeFacts, int] = {}
    which = [kinds.setdefault(node.facts, len(kinds)) for node in nodes]
    data = {
        "names": [node.name for node in nodes],
        "values": [node.value for node in nodes] if any(node.value for node in nodes) else None,
        "blockers": [node.blockers for node in nodes] if any(node.blockers for node in nodes) else None,
        "facts": list(kinds),
        "which": which if len(kinds) > 1 else None,
    }
    return json.dumps({name: value for name, value in data.items() if value is not None}, separators=(",", ":"))


def listed(text: str) -> list[NewNode]:
    """The nodes of a list."""
    data = json.loads(text)
    names = data["names"]
    kinds = [NodeFacts(*one) for one in data["facts"]]
    values = data.get("values") or [""] * len(names)
    blockers = data.get("blockers") or [0] * len(names)
    which = data.get("which") or [0] * len(names)
    return [
        NewNode(name, value, kinds[kind], waits)
        for name, value, kind, waits in zip(names, values, which, blockers, strict=True)
    ]
