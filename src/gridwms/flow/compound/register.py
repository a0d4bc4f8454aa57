"""Taking compound jobs in: all nodes durable at once, or none. Nodes are made one list at a time, never all."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection

from gridwms.classad import ClassAd, parse_ad, unparse
from gridwms.describe.compound import Compound
from gridwms.describe.description import Description
from gridwms.describe.problem import Problem, Severity
from gridwms.flow.compound.progress import Progress, record_parent
from gridwms.flow.compound.together import TOGETHER
from gridwms.flow.hopeless import hopeless
from gridwms.flow.record import Recorded, follow
from gridwms.flow.templates import NodeTemplate
from gridwms.flow.uploads import Upload, shared_uploads, uploads_of
from gridwms.flow.world import World
from gridwms.jobs.accounts import Account
from gridwms.jobs.codec import form_of
from gridwms.jobs.events import CompoundRegistered, NodesRegistered
from gridwms.jobs.histogram import Bucket
from gridwms.jobs.ids import node_key
from gridwms.jobs.nodes import LIST_LENGTH, NewNode, NodeFacts, accepted_at_once, list_text
from gridwms.jobs.parent import Parent, step_parent
from gridwms.jobs.states import State
from gridwms.match.classes import match_class_key, matching_ad
from gridwms.store import compounds, descriptions, nodes, shares
from gridwms.store import events as log
from gridwms.store.beginnings import reserve


@dataclass(slots=True, kw_only=True)
class PreparedCompound:
    """A compound that can be registered. `facts`: of each template, but for what matching may read of its nodes.

    `own_files`: templates whose nodes have files of their own to be sent.
    """

    compound: Compound
    digest: str
    facts: list[NodeFacts]
    digests: dict[str, str]
    """The texts of the templates and of the compound itself, by digest."""
    classes: dict[str, str]
    own_files: frozenset[int]
    templates: list[NodeTemplate]
    problems: tuple[Problem, ...] = ()
    varying: dict[tuple[int, str], str] = field(default_factory=dict)
    """The classes of nodes of which matching reads the value, by template and value."""
    _apart: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def started(self) -> bool:
        """Whether no file is awaited, so that its nodes may go at once."""
        return not self.own_files and not any(file.local for file in self.compound.shared)

    def texts(self, key: str) -> dict[str, str]:
        """The templates by the names that they have for the compound `key`: they are removed with it."""
        return {_name(key, digest): text for digest, text in self.digests.items()}

    def lists(self, key: str) -> Iterator[tuple[int, list[NewNode]]]:
        """The nodes in lists, each with the number of its first."""
        all_facts = [facts._replace(description=_name(key, facts.description)) for facts in self.facts]
        blockers = array("i", bytes(4 * len(self.compound.nodes)))
        for edge in self.compound.edges:
            blockers[edge.child] += 1
        all_nodes = iter(self.compound.nodes)
        first = 0
        while given := list(islice(all_nodes, LIST_LENGTH)):
            made = []
            for number, (node, template, value) in enumerate(given, first):
                facts = all_facts[template]
                if self.compound.templates[template].matching_varies:
                    facts = facts._replace(match_class=self.varying[template, value])
                if self.compound.together:
                    facts = facts._replace(match_class=self._together(facts.match_class, key))
                made.append(NewNode(node, value, facts, blockers[number]))
            yield first, made
            first += len(given)

    def uploads(self, parent: Parent) -> Iterator[Upload]:
        """What the client has to send: for all nodes together, then for each that has files of its own."""
        yield from shared_uploads(parent)
        if not self.own_files:
            return
        for number, (_node, template, value) in enumerate(self.compound.nodes):
            if template in self.own_files:
                yield from uploads_of(_described(self.templates[template], value), node_key(parent.key, number))

    def find_classes(self) -> None:
        """Find the classes of nodes of which matching reads the value: before the transaction, for it takes a while."""
        varying = {n for n, template in enumerate(self.compound.templates) if template.matching_varies}
        for _node, template, value in self.compound.nodes if varying else ():
            if template in varying and (template, value) not in self.varying:
                name, ad = match_class(_described(self.templates[template], value))
                self.varying[template, value] = name
                self.classes[name] = ad

    def _together(self, match_class: str, key: str) -> str:
        """The class of nodes that must not be parted: it is the class of this compound alone."""
        known = self._apart.get((match_class, key))
        if known is None:
            ad = parse_ad(self.classes[match_class]).with_({TOGETHER: key})
            known = self._apart[match_class, key] = match_class_key(ad)
            self.classes[known] = unparse(ad)
        return known


_LOOKED_AT = 20
"""Of so many classes of nodes it is said whether a condition is met nowhere."""


def prepare_compound(
    world: World, compound: Compound, warnings: tuple[Problem, ...]
) -> PreparedCompound | tuple[Problem, ...]:
    """Everything about a compound that its nodes share; the problems when it is larger than the service takes."""
    count, most = len(compound.nodes), world.settings.max_nodes
    if count > most:
        message = f"it has {count:,} nodes; accepted: at most {most:,} ([jobs] max_nodes of the service)"
        return (*warnings, Problem(severity=Severity.ERROR, code="too_many_nodes", message=message))
    samples: dict[int, str] = {}
    for _node, which, value in compound.nodes:
        samples.setdefault(which, value)
    facts: list[NodeFacts] = []
    digests: dict[str, str] = {}
    classes: dict[str, str] = {}
    own_files: set[int] = set()
    warned: dict[Problem, None] = {}
    templates = [NodeTemplate(template.jdl) for template in compound.templates]
    for number, template in enumerate(compound.templates):
        description = _described(templates[number], samples.get(number, ""))
        name, ad = match_class(description)
        if name not in classes and len(classes) < _LOOKED_AT:
            warned |= dict.fromkeys(hopeless(world, matching_ad_of(description)))
        classes[name] = ad
        digest = descriptions.digest_of(template.jdl)
        digests[digest] = template.jdl
        if any(file.local for file in description.inputs):
            own_files.add(number)
        limits = description.retry_count, description.shallow_retry_count
        facts.append(NodeFacts(digest, name, *limits, description.expires_at, description.priority))
    jdl = unparse(compound.ad)
    own = descriptions.digest_of(jdl)
    digests[own] = jdl
    prepared = PreparedCompound(
        compound=compound,
        digest=own,
        facts=facts,
        digests=digests,
        classes=classes,
        own_files=frozenset(own_files),
        templates=templates,
        problems=(*warnings, *warned),
    )
    prepared.find_classes()
    return prepared


def match_class(description: Description) -> tuple[str, str]:
    """The key and the matching ad of the class of a description."""
    ad = matching_ad_of(description)
    return match_class_key(ad), unparse(ad)


def matching_ad_of(description: Description) -> ClassAd:
    """The matching ad of the class of a description."""
    return matching_ad(description.ad, description.requirements, description.rank)


def registered_event(
    world: World, prepared: PreparedCompound, key: str, account: Account, now: float, *, held: bool = False
) -> CompoundRegistered:
    """How the history of a compound begins. `account`: its VO "" for any. `held`: it waits to be started even when no
    file is awaited."""
    compound = prepared.compound
    return CompoundRegistered(
        key=key,
        time=now,
        owner=account.owner,
        vo=account.vo or compound.vo,
        fqan=account.fqan,
        kind=compound.kind.value,
        description=_name(key, prepared.digest),
        nodes=len(compound.nodes),
        max_running=compound.max_running,
        started=prepared.started and not held,
        nodes_expire_at=now + world.settings.expiry_seconds,
        shared=[[file.name, file.local, file.url] for file in compound.shared],
        user_tags=[list(tag) for tag in compound.user_tags],
    )


def insert_compound(
    connection: Connection, world: World, prepared: PreparedCompound, registered: CompoundRegistered
) -> None:
    """Make the compound and all of its nodes, in the transaction of the caller."""
    now, number = registered.time, compounds.next_number(connection)
    parent = step_parent(None, registered)
    descriptions.put_descriptions(connection, prepared.texts(parent.key))
    shares.put_accounts(connection, [Account(registered.vo, registered.fqan, registered.owner)])
    compounds.add(connection, number, parent)
    log.append_compound(connection, [(number, registered, form_of(registered, parent))], now)
    counts: Counter[bool] = Counter()
    beginnings = 0
    for first, made in prepared.lists(parent.key):
        compounds.add_list(connection, number, first, beginnings, list_text(made))
        nodes.add(connection, number, registered, first, made)
        counts.update(accepted_at_once(registered, node) for node in made)
        beginnings = counts.total() + counts[True]
    reserve(connection, beginnings)
    complete = NodesRegistered(time=now, nodes=counts.total(), events=beginnings)
    parent = record_parent(connection, number, parent, [complete], now)
    descriptions.put_classes(connection, prepared.classes)
    nodes.add_edges(connection, number, prepared.compound.edges)
    states = {(number, Bucket(State.WAITING)): counts[True], (number, Bucket(State.SUBMITTED)): counts[False]}
    compounds.count(connection, states)
    if parent.started_at is not None and not counts[True]:
        begin = Progress({number: parent}, compounds.counts(connection, [number]), {number})
        follow(connection, world, begin, Recorded())


def _name(key: str, digest: str) -> str:
    return descriptions.digest_of(key + digest)


def _described(template: NodeTemplate, value: str) -> Description:
    """Raises ValueError when what the reader of compounds wrote cannot be read."""
    description = template.read(value)
    if description is None:
        raise ValueError(f"the description of a node cannot be read again, with the value {value[:200]!r}")
    return description
