"""Compounds made by hand, and what happens to their nodes without any site."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from gridwms.classad import ClassAd, unparse
from gridwms.describe.compound import Compound, CompoundKind, Edge, Node, Template
from gridwms.describe.description import SandboxFile
from gridwms.describe.jdl.read import read_jdl
from gridwms.flow.audit import audit
from gridwms.flow.compound.register import insert_compound, prepare_compound, registered_event
from gridwms.flow.record import record
from gridwms.flow.status import JobView, nodes_of, status
from gridwms.flow.world import World
from gridwms.jobs.accounts import Account
from gridwms.jobs.events import Ended, EndKind, Event, Finished, Matched, PayloadStarted
from gridwms.jobs.ids import new_key, node_key
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import decision_id
from gridwms.store import jobs as rows

TEXT = '[Executable = "/bin/echo"; Arguments = "_PARAM_"; RetryCount = 0; {extra}]'


def template(world: World, extra: str = "", **settings: Any) -> Template:
    reading = read_jdl(TEXT.format(extra=extra), world.settings.jdl_defaults, now=0.0)
    assert reading.description is not None, reading.problems
    return Template(jdl=unparse(reading.description.ad), varies=True, **settings)


def compound(
    world: World,
    nodes: int | Sequence[Node],
    edges: Sequence[tuple[int, int] | tuple[int, int, bool]] = (),
    *,
    max_running: int = 0,
    together: bool = False,
    shared: tuple[SandboxFile, ...] = (),
    templates: tuple[Template, ...] = (),
) -> Compound:
    if isinstance(nodes, int):
        nodes = [Node(f"n{number}", 0, str(number)) for number in range(nodes)]
    return Compound(
        kind=CompoundKind.DAG if edges else CompoundKind.PARAMETRIC,
        ad=ClassAd.from_values({"Type": "dag" if edges else "job"}),
        vo="test",
        templates=templates or (template(world),),
        nodes=nodes,
        edges=[Edge(*edge) for edge in edges],
        shared=shared,
        max_running=max_running,
        together=together,
    )


def hand_in(world: World, given: Compound) -> str:
    """Register it; its key."""
    prepared = prepare_compound(world, given, ())
    assert not isinstance(prepared, tuple), prepared
    key = new_key(secrets.randbelow)
    registered = registered_event(world, prepared, key, Account("", "", "ann"), world.clock())
    world.database.write(lambda connection: insert_compound(connection, world, prepared, registered))
    return key


def node(world: World, key: str, number: int) -> Job:
    name = node_key(key, number)
    return world.database.read(lambda connection: rows.load(connection, [name]))[name][1]


def states(world: World, key: str) -> list[str]:
    """The states of the nodes, in their order."""
    return [str(view.state) for view in nodes_of(world, key, limit=100_000).jobs]


def view(world: World, key: str) -> JobView:
    return status(world, [key])[0]


def place(world: World, key: str, number: int) -> None:
    """Give a waiting node an attempt that runs."""
    job = node(world, key, number)
    attempt = len(job.attempts) + 1
    now = world.clock()
    matched = Matched(
        id=decision_id(job), time=now, attempt=attempt, site="scripted", ce="ce", rank=1.0, considered=1, matching=1
    )
    started = PayloadStarted(id=f"worker-{attempt}-token", time=now, attempt=attempt, instance="i")
    record(world, [(job.key, matched), (job.key, started)])


def end(world: World, key: str, number: int, outcome: str = "good") -> None:
    """End the attempt of a node: "good", "exit" (with another code than 0) or "lost" (given up)."""
    job = node(world, key, number)
    record(world, [(job.key, event) for event in ending(job, outcome, world.clock())])


def ending(job: Job, outcome: str, now: float) -> list[Event]:
    attempt = len(job.attempts)
    failure = reason("executable_missing", file="x") if outcome == "lost" else None
    code = None if failure else int(outcome == "exit")
    return [
        Finished(id=f"worker-{attempt}-9-i", time=now, attempt=attempt, exit_code=code, failure=failure),
        Ended(id=f"site-{attempt}-ended", time=now, attempt=attempt, kind=EndKind.COMPLETED, exit_code=0),
    ]


def run(world: World, key: str, number: int, outcome: str = "good") -> None:
    place(world, key, number)
    end(world, key, number, outcome)


def sound(world: World) -> bool:
    """Whether rows, counts and edges are what the events make."""
    assert list(audit(world.database)) == []
    return True
