"""Jobs with all their nodes in a few words, and their descriptions: what gLite's WMProxy tells of them."""

from __future__ import annotations

from sqlalchemy import Connection

from gridwms.classad import ClassAd, parse_ad, unparse
from gridwms.describe.compound import CompoundKind, node_text
from gridwms.describe.jdl.registered import RegisteredNode, compound_text, readable
from gridwms.flow.errors import NotInState, UnknownJob
from gridwms.flow.find import find, the_job
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.jobs.parent import Parent
from gridwms.jobs.states import State
from gridwms.store import compounds, descriptions, nodes
from gridwms.store import events as log
from gridwms.store import jobs as rows

ORIGINAL = "original.jdl"
"""The note with the description as it was handed in."""


def states(world: World, key: str) -> tuple[State, list[tuple[str, State]]]:
    """The state of a job, and key and state of each node of a compound. Raises UnknownJob."""

    def read(connection: Connection) -> tuple[State, list[tuple[str, State]]]:
        found = compounds.load(connection, [key])
        if key in found:
            number, parent = found[key]
            return parent.state, nodes.states(connection, number, number + parent.nodes)
        stored = rows.load(connection, [key])
        if key not in stored:
            raise UnknownJob(key)
        return stored[key][1].state, []

    return world.database.read(read)


def keep_original(world: World, key: str, text: bytes) -> None:
    """Keep the description of a job as it was handed in."""
    world.sandbox.put_note(key, ORIGINAL, text)


def description(world: World, key: str, *, original: bool) -> str:
    """The description of a job as it was handed in, or with all that was added to it. Raises NotInState once purged.

    A job that did not come by WMProxy, and a node, is told as it was registered.
    """
    kept = world.sandbox.read_note(key, ORIGINAL) if original else b""
    if kept:
        return kept.decode("utf-8", "replace")
    found = find(world, [key])
    if key in found.compounds:
        number, parent = found.compounds[key]
        return world.database.read(lambda connection: _of_compound(world, connection, number, parent))
    job = the_job(world, key)
    text = unparse(_told(world, key, job.owner, job.fqan, world.descriptions.of(job).ad), multiline=True)
    if job.parent is None:
        return text
    [(_number, parent)] = find(world, [world.descriptions.parent_key(job.parent)]).compounds.values()
    return readable(text, _shared(parent))


def _of_compound(world: World, connection: Connection, number: int, parent: Parent) -> str:
    listed = nodes.described(connection, number, number + parent.nodes)
    texts = descriptions.get_descriptions(connection, {parent.description, *(node.description for node in listed)})
    if parent.description not in texts:
        raise NotInState(f"Job {parent.key} was purged: its description is gone.")
    before: dict[int, tuple[list[str], list[str]]] = {node.number: ([], []) for node in listed}
    names = {node.number: node.name for node in listed}
    for source, target, weak in nodes.edges_into(connection, number, number + parent.nodes):
        before[target][weak].append(names[source])
    return compound_text(
        _told(world, parent.key, parent.owner, "", parse_ad(texts[parent.description])),
        _shared(parent),
        [
            RegisteredNode(node.name, node_text(texts[node.description], node.value), *before[node.number])
            for node in listed
        ],
        dag=parent.kind == CompoundKind.DAG.value,
    )


def _shared(parent: Parent) -> list[str]:
    return [local or url for _name, local, url in parent.shared]


def delegation_of(world: World, key: str) -> tuple[str, str]:
    """Owner and name of the delegation that a job goes by; the name is empty when there is none. Raises UnknownJob."""
    logged = world.database.read(lambda connection: log.of_job(connection, key))
    if not logged:
        raise UnknownJob(key)
    first = logged[0].event
    return getattr(first, "owner", ""), getattr(first, "delegation", "")


def _told(world: World, key: str, owner: str, fqan: str, ad: ClassAd) -> ClassAd:
    """With what gLite's WMProxy adds (gLite reference §1.2)."""
    said = {"edg_jobid": job_url(world, key), "CertificateSubject": owner} | ({"VOMS_FQAN": fqan} if fqan else {})
    return ad.with_(said)
