"""Events of other systems through the store: whatever their order, the rows are what a replay of them gives."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from gridwms.bookkeeping.access.acl import acl_of
from gridwms.bookkeeping.collection import counted, parent_state
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode
from gridwms.bookkeeping.ulm import parse_line, write_line
from gridwms.flow.bookkeeping.intake import Line, take_in
from gridwms.flow.bookkeeping.settle import settle
from gridwms.store import lb_jobs
from gridwms.store.database import Database
from gridwms.store.lb_jobs import BookedJob
from gridwms.store.tables import lb_events, lb_pending, lb_tags
from tests.bookkeeping import streams

PARENT = "https://lb.example.org:9000/PPPPPPPPPPPPPPPPPPPPPP"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


def as_read(event: Event) -> Event:
    """An event as its line has it: empty attributes are absent."""
    return parse_line(write_line(event))


def line(event: Event) -> Line:
    return Line(as_read(event), write_line(event).rstrip("\n"))


def come(database: Database, rng: random.Random, events: Sequence[Event]) -> None:
    """Events arrive in batches of any size; now and then the jobs are brought up to date, at the end all are."""
    place = 0
    while place < len(events):
        size = rng.choice((1, 2, 5, 40))
        batch = [line(event) for event in events[place : place + size]]
        database.write(lambda connection: take_in(connection, batch, 5.0))  # noqa: B023
        place += size
        if rng.random() < 0.3:
            settle(database, rng.choice((1, 1000)))
    settle(database, 10_000)


def job(database: Database, name: str) -> BookedJob:
    return database.read(lambda connection: lb_jobs.load(connection, [name]))[name]


def count(database: Database, table: object) -> int:
    return database.read(lambda connection: connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_any_arrival_of_all_kinds_gives_the_replay(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    by_job = {
        f"https://lb.example.org:9000/{kind}{number}": streams.of_job(
            make(rng), f"https://lb.example.org:9000/{kind}{number}"
        )
        for kind, make in streams.KINDS.items()
        for number in range(2)
    }
    come(database, rng, streams.disturbed(rng, [event for events in by_job.values() for event in events]))
    for name, events in by_job.items():
        found, expected = job(database, name).progress.memory, replay(map(as_read, events))
        assert found == expected, (name, set(found.fields.items()) ^ set(expected.fields.items()))
    assert count(database, lb_events) == sum(map(len, by_job.values()))
    assert count(database, lb_pending) == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_parent_counts_its_children_in_any_arrival(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    out: list[Event] = []
    streams.registered(streams.Chain(streams.Clock(rng), out, job=PARENT), jobtype="COLLECTION", nsubjobs=4)
    children = {}
    for number in range(4):
        first, *rest = streams.simple(rng)[0]
        first = replace(first, data={**first.data, "parent": PARENT})
        name = f"https://lb.example.org:9000/child{number}"
        children[name] = streams.of_job([first, *rest[: rng.randrange(len(rest))]], name)
        out += children[name]
    come(database, rng, streams.disturbed(rng, out))
    states = [(m.state, m.fields.get("done_code")) for m in map(replay, children.values())]
    expected = counted(4, states)
    parent = job(database, PARENT)
    assert parent.children == expected
    state = parent_state(expected, JobType.COLLECTION)
    assert parent.standing == (state, DoneCode.OK if state is StateCode.DONE else None)


def test_a_child_that_goes_to_another_parent_is_counted_there_alone(database: Database) -> None:
    first, *_ = streams.simple(random.Random(1))[0]
    there = replace(first, data={**first.data, "parent": PARENT})
    later = replace(first, timestamp=first.timestamp + 1, data={**first.data, "parent": PARENT + "2"})
    come(database, random.Random(1), [there])
    assert job(database, PARENT).children.known == 1
    come(database, random.Random(1), [later])
    assert (job(database, PARENT).children.known, job(database, PARENT + "2").children.known) == (0, 1)


def test_tags_and_access_lists(database: Database) -> None:
    out: list[Event] = []
    chain = streams.Chain(streams.Clock(random.Random(1)), out)
    streams.registered(chain)
    for value in ("red", "blue"):
        chain.log(streams.APP, "UserTag", name="Colour", value=value)
    for operation, who in (("ADD", "/CN=bob"), ("ADD", "/CN=eve"), ("REMOVE", "/CN=eve")):
        chain.log(
            streams.UI,
            "ChangeACL",
            user_id=who,
            user_id_type="DN",
            permission="READ",
            permission_type="ALLOW",
            operation=operation,
        )
    rng = random.Random(2)
    come(database, rng, streams.disturbed(rng, out))
    tags = database.read(lambda c: [(row.name, row.value) for row in c.execute(select(lb_tags))])
    assert tags == [("colour", "blue")]
    assert job(database, streams.JOB).acl == acl_of(out)
    assert [one.user_id for one in acl_of(out).entries] == ["/CN=bob"]


def test_what_another_version_wrote_is_computed_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    events = streams.simple(random.Random(7))[0]
    come(database, random.Random(7), events[:-1])
    monkeypatch.setattr("gridwms.bookkeeping.machine.codec.VERSION", 2)
    come(database, random.Random(7), events[-1:])
    assert job(database, streams.JOB).progress.memory == replay(map(as_read, events))


def test_texts_of_any_length_are_kept(database: Database) -> None:
    first, *rest = streams.simple(random.Random(8))[0]
    long = "x" * 100_000
    tag = replace(rest[-1], type="UserTag", data={"name": long, "value": long}, host=long, user=long)
    come(database, random.Random(8), [replace(first, user=long), tag])
    memory = job(database, streams.JOB).progress.memory
    assert memory.fields["owner"] == long
    assert dict(memory.fields["user_tags"]) == {long: long}
