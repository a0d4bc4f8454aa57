"""Compounds in the archive: whole, as they were shown before, gone from the database, and back when they are wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gridwms.archive import files
from gridwms.bookkeeping.query.url import parse_query
from gridwms.flow.archive import keep, look
from gridwms.flow.archive.keep import archive_old
from gridwms.flow.bookkeeping import show
from gridwms.flow.bookkeeping.named import named
from gridwms.flow.bookkeeping.search import Asker
from gridwms.flow.compound import sweep
from gridwms.flow.errors import NotInState, UnknownJob
from gridwms.flow.purge import purge
from gridwms.flow.record import record
from gridwms.flow.remarks import tag
from gridwms.flow.status import EventView, JobView, history, nodes_of, status
from gridwms.jobs.events import Running, Source
from gridwms.jobs.ids import node_key
from gridwms.jobs.states import State
from gridwms.security.identity import Identity
from gridwms.security.policy import allowed
from gridwms.store import tables
from tests.flow.compounds import compound, hand_in, node, run, sound
from tests.flow.conftest import Stage

NODES = 7
EDGES = [(0, 1), (0, 2), (1, 3), (2, 3, True), (0, 5)]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST", 3)
    monkeypatch.setattr(keep, "_AT_ONCE", 3)
    monkeypatch.setattr(files, "_TOGETHER", 2)


@pytest.fixture
def old(stage: Stage, tmp_path: Path) -> str:
    """A purged DAG with a failed node, tags of it and of a node; the outbox is empty."""
    world = stage.world
    world.archive = tmp_path / "archive"
    key = hand_in(world, compound(world, NODES, EDGES))
    for number, outcome in enumerate(("good", "exit", "good", None, "good", "good", "good")):
        if outcome is not None:
            run(world, key, number, outcome)
    tag(world, "ann", [key, node_key(key, 2)], {"colour": "red"})
    assert purge(world, "ann", [key])[0].done
    world.database.write(lambda connection: connection.execute(tables.outbox.delete()))
    stage.pass_time(100.0)
    return key


def asker(user: str = "ann") -> Asker:
    identity = Identity(subject=user)
    return Asker(identity, lambda action, what: allowed(identity, action, what))


@dataclass(frozen=True)
class Shown:
    """Everything that is shown of a compound."""

    views: list[JobView]
    histories: list[list[EventView]]
    lb: list[Any]
    lines: list[Any]


def shown(stage: Stage, key: str) -> Shown:
    world, keys = stage.world, [key, *(node_key(key, number) for number in range(NODES))]
    views = [*status(world, [key]), *nodes_of(world, key).jobs]
    lb = [replace(show.status(world, named(world, one)), children=()) for one in keys]
    lines = [show.lines(show.events(world, named(world, one))) for one in keys]
    return Shown(views, [plain(history(world, one)) for one in keys], lb, lines)


def plain(events: list[EventView]) -> list[EventView]:
    """Without the row number of the compound, which may be another one after its return."""
    return [replace(one, data=one.data | {"parent": None}) for one in events]


def shown_of_archive(stage: Stage, key: str) -> Shown:
    world, keys = stage.world, [key, *(node_key(key, number) for number in range(NODES))]
    pages, after = [look.view(world, asker(), key)], -1
    while after is not None:
        page = look.nodes(world, asker(), key, after=after, limit=3)
        pages += page.jobs
        after = page.next  # type: ignore[assignment]
    assert [look.view(world, asker(), one) for one in keys] == pages
    kept = [look.find(world, asker(), one, look.Action.READ) for one in keys]
    histories = [plain(look.history(world, asker(), one)) for one in keys]
    return Shown(pages, histories, [one.status for one in kept], [show.lines(one.events) for one in kept])


def counted(stage: Stage) -> dict[str, int]:
    def read(connection: Any) -> dict[str, int]:
        found = tables.metadata.tables.values()
        counts = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in found}
        return {name: count for name, count in counts.items() if count}

    return stage.world.database.read(read)


OWN = {"jobs", "attempts", "events", "compounds", "edges", "node_lists", "node_counts", "job_tags", "node_tasks"}


def test_away_as_it_was_shown_and_back(stage: Stage, old: str) -> None:
    world = stage.world
    before, rows = shown(stage, old), counted(stage)
    assert archive_old(world, 50.0) == keep.Archived(1 + NODES, ("jobs-00000001.jsonl.gz",))
    assert not OWN & counted(stage).keys()
    assert shown_of_archive(stage, old) == before
    assert before.views[0].histogram == {State.PURGED: NODES}
    assert keep.check(world) == []
    with pytest.raises(UnknownJob):
        status(world, [old])
    found = look.query(world, asker(), parse_query("owner=ann", 0), limit=100)
    assert {one.status.job_id.rsplit("/", 1)[1] for one in found.found} == {view.key for view in before.views}
    assert look.query(world, asker("bob"), parse_query("owner=ann", 0)).found == ()
    for looking in (look.view, look.nodes, look.history):
        with pytest.raises(look.NotPermitted):
            looking(world, asker("bob"), old)  # type: ignore[operator]
    with pytest.raises(NotInState):
        look.nodes(world, asker(), node_key(old, 1))
    assert look.nodes(world, asker(), old, failed=True) == nothing(failed=True)
    assert look.nodes(world, asker(), old, states=[State.DONE]) == nothing(State.DONE)

    other = hand_in(world, compound(world, 2))  # has the row numbers of the old one now
    assert keep.load(world, "jobs-00000001.jsonl.gz") == 1 + NODES
    assert keep.load(world, "jobs-00000001.jsonl.gz") == 0
    assert sound(world)
    assert shown(stage, old) == before
    again = counted(stage)
    assert {name: again[name] for name in rows if name in OWN} == {
        name: rows[name] + more
        for name, more in {"jobs": 2, "attempts": 0, "events": 2, "compounds": 1, "edges": 0}.items()
    } | {"node_lists": rows["node_lists"] + 1, "node_counts": again["node_counts"], "job_tags": rows["job_tags"]}
    assert status(world, [other])[0].histogram == {State.WAITING: 2}


def nothing(*states: State, failed: bool = False) -> look.Page:
    return look.Page((), None, states)


class Killed(BaseException):
    """As if the process ended here."""


def killed_at(stage: Stage, monkeypatch: pytest.MonkeyPatch, blow: int) -> Callable[[], bool]:
    """The process ends at this step of what goes to disk, before or after it; the result tells whether it did."""
    steps = [0]

    def around(work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named_: Any) -> Any:
            steps[0] += 1
            if steps[0] * 2 == blow:
                raise Killed
            result = work(*arguments, **named_)
            if steps[0] * 2 + 1 == blow:
                raise Killed
            return result

        return step

    monkeypatch.setattr(stage.world.database, "write", around(stage.world.database.write))
    monkeypatch.setattr(Path, "replace", around(Path.replace))
    monkeypatch.setattr(files, "_sync", around(files._sync))
    return lambda: steps[0] * 2 + 1 >= blow


def test_whoever_is_killed_when(stage: Stage, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at every step, one after the other; each time another service goes on."""
    world, before = stage.world, shown(stage, old)
    blow, rounds = 2, 0
    while True:
        with monkeypatch.context() as patch:
            dead = killed_at(stage, patch, blow)
            try:
                archive_old(world, 50.0)
            except Killed:
                pass
            else:
                assert not dead()
                break
        assert sound(world), f"blow {blow}"
        in_base = counted(stage).get("compounds", 0)
        if in_base and "node_tasks" not in counted(stage):
            assert shown(stage, old) == before, f"blow {blow}"
        else:
            assert shown_of_archive(stage, old) == before, f"blow {blow}"
            while sweep.sweep(world):
                pass
            assert not OWN & counted(stage).keys()
            assert shown_of_archive(stage, old) == before, f"blow {blow}"
            newest = files.listed(world.archive)[-1].name  # type: ignore[arg-type]
            assert keep.load(world, newest) == 1 + NODES
        assert keep.check(world) == []
        blow += 1
        rounds += 1
    assert rounds > 12


def test_what_happens_meanwhile_keeps_it(stage: Stage, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word about a node while its compound is written is not lost; from the decision on there is nobody to tell."""
    world, write = stage.world, files.write

    def slowly(*arguments: Any) -> str:
        tag(world, "ann", [node_key(old, 4)], {"late": "word"})
        return write(*arguments)

    monkeypatch.setattr(files, "write", slowly)
    assert archive_old(world, 50.0).jobs == 0
    assert dict(nodes_of(world, old).jobs[4].user_tags) == {"late": "word"}
    monkeypatch.undo()
    small = pytest.MonkeyPatch()
    small.setattr(keep, "finish", lambda *_: None)
    assert archive_old(world, 50.0).jobs == 1 + NODES
    small.undo()
    late = Running(id="worker-1-99-i", time=1.0, attempt=1, node="wn", source=Source.WORKER)
    assert node(world, old, 1).state is State.PURGED
    assert [one[0] for one in record(world, [(node_key(old, 1), late)]).rejected] == [node_key(old, 1)]
    for key in (old, node_key(old, 1)):
        with pytest.raises(UnknownJob):
            tag(world, "ann", [key], {"too": "late"})
    while sweep.sweep(world):
        pass
    assert not OWN & counted(stage).keys()
    assert dict(look.view(world, asker(), node_key(old, 4)).user_tags) == {"late": "word"}


def test_what_is_young_lives_or_is_not_done_with_stays(stage: Stage, old: str) -> None:
    world = stage.world
    living = hand_in(world, compound(world, 2))
    assert archive_old(world, 200.0).jobs == 0
    row = {"site": "s", "kind": "forget", "attempt": 1, "due": 0.0, "tries": 0}
    inside = select(tables.jobs.c.number).where(tables.jobs.c.key == node_key(old, NODES - 1)).scalar_subquery()
    world.database.write(lambda c: c.execute(tables.outbox.insert().values(job=inside, **row)))
    assert archive_old(world, 50.0).jobs == 0
    world.database.write(lambda c: c.execute(tables.outbox.delete()))
    assert archive_old(world, 50.0, most=1).jobs == 1 + NODES
    assert [view.key for view in status(world, [living])] == [living]
    assert sound(world)


def test_small_ones_share_a_file(stage: Stage, old: str) -> None:
    world = stage.world
    small = [hand_in(world, compound(world, 1)) for _ in range(3)]
    for key in small:
        run(world, key, 0)
    purge(world, "ann", small)
    world.database.write(lambda connection: connection.execute(tables.outbox.delete()))
    stage.pass_time(100.0)
    done = archive_old(world, 50.0)
    assert (done.jobs, len(done.files)) == (1 + NODES + 6, 3)
    assert all(look.nodes(world, asker(), key).jobs[0].exit_code == 0 for key in small)
    for name in done.files:
        keep.load(world, name)
    assert sound(world)
    assert {view.state for view in status(world, [old, *small])} == {State.PURGED}
