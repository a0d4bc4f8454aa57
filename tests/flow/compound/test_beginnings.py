"""How nodes began is told like anything else that happened: each event at a cursor of its own, though no row has it."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridwms.flow.cancel import cancel
from gridwms.flow.compound import register
from gridwms.flow.remarks import tag
from gridwms.flow.status import EventView, history
from gridwms.flow.tail import Tail
from gridwms.flow.telling import read_after
from gridwms.flow.world import World
from gridwms.jobs.ids import node_key
from gridwms.jobs.interest import Interest
from gridwms.store import beginnings
from gridwms.store.events import last_cursor
from tests.flow.compounds import compound, hand_in, sound, template
from tests.flow.conftest import Stage


@pytest.fixture
def lists_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (register, beginnings):
        monkeypatch.setattr(module, "LIST_LENGTH", 4)


@pytest.fixture
def keys(stage: Stage, lists_of_four: None) -> list[str]:
    """A job, a DAG of which some nodes wait for others, one that waits for room, a job; a few things happened since."""
    world = stage.world
    first = stage.submit()
    edges = [(0, 1), (0, 5), (4, 9), (1, 9, True)]
    dag = hand_in(world, compound(world, 10, edges, templates=(template(world, 'UserTags = [colour = "red"];'),)))
    parametric = hand_in(world, compound(world, 6, max_running=2))
    found = [*first, dag, parametric, *stage.submit()]
    for whole, count in ((dag, 10), (parametric, 6)):
        found += [node_key(whole, number) for number in range(count)]
    cancel(world, "ann", [node_key(dag, 0), found[-1]])
    tag(world, "ann", [node_key(dag, 2)], {"colour": "blue"})
    return found


def heard(world: World, after: int, interest: Interest, limit: int) -> list[EventView]:
    """All that comes after a cursor, asked for in parts."""
    found: list[EventView] = []
    whole = False
    while not whole:
        part, after, whole = read_after(world, after, interest, limit)
        found += [one.view for one in part]
    return found


def test_the_stream_is_all_histories_in_one_order(stage: Stage, keys: list[str]) -> None:
    expected = sorted((one for key in keys for one in history(stage.world, key)), key=lambda one: one.cursor)
    cursors = [one.cursor for one in expected]
    assert cursors == list(range(1, stage.world.database.read(last_cursor) + 1)), "one place for each, and none empty"
    for limit in (1, 3, 1000):
        assert heard(stage.world, 0, Interest(), limit) == expected
    for place, cursor in enumerate(cursors):
        assert heard(stage.world, cursor, Interest(), 7) == expected[place + 1 :], f"from {cursor} on"
    order = [(one.key, one.type) for one in expected]
    dag = keys[1]
    began, listed = order.index((dag, "CompoundRegistered")), order.index((dag, "NodesRegistered"))
    nodes = [(node_key(dag, number), kind) for number in range(10) for kind in ("Registered", "Accepted")]
    waiting = {(node_key(dag, number), "Accepted") for number in (1, 5, 9)}
    assert order[began + 1 : listed] == [one for one in nodes if one not in waiting]
    assert sound(stage.world)


FILTERS = {
    "job": [0, 1, 2, 4, 9, 13, 15],
    "parent": [0, 1, 2],
    "state": ["WAITING", "SUBMITTED", "CANCELLED"],
    "type": ["Registered", "Accepted", "NodesRegistered", "Cancelled"],
    "tag": ["colour=red", "colour=blue"],
    "vo": ["test", "local"],
}


@given(
    st.lists(
        st.sampled_from(sorted(FILTERS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(FILTERS[name]))),
        max_size=4,
    ),
    st.sampled_from([None, "ann", "bob"]),
    st.integers(0, 40),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_filters_hold_for_beginnings(
    stage: Stage, keys: list[str], pairs: list[tuple[str, str | int]], owner: str | None, after: int
) -> None:
    interest = Interest.read([(name, keys[value] if isinstance(value, int) else value) for name, value in pairs], owner)
    everything = read_after(stage.world, 0, Interest(), 1000, tags=True)[0]
    expected = [one.cursor for one in everything if one.cursor > after and one.is_for(interest)]
    assert [one.cursor for one in heard(stage.world, after, interest, 5)] == expected


def test_who_listens_hears_them_as_they_come(stage: Stage, lists_of_four: None) -> None:
    tail, changed = Tail(stage.world), threading.Condition()

    def told(_interests: object) -> None:
        with changed:
            changed.notify_all()

    tail.subscribe(told)
    waiting, ended = Interest.read([("state", "WAITING")]), Interest.read([("state", "ENDED")])

    def until(cursor: int, interest: Interest) -> list[tuple[str, str]]:
        with changed:
            assert changed.wait_for(
                lambda: (part := tail.recent(begin, interest)) is not None and part.cursor >= cursor, 20
            )
        part = tail.recent(begin, interest)
        assert part is not None
        return [(one.view.key, one.view.type) for one in part.told]

    with tail.listening(ended):
        begin = stage.world.database.read(last_cursor)
        until(begin, ended)
        # Whoever comes while only such listen as want no beginnings misses none either.
        with tail.listening(waiting):
            until(begin, waiting)
            whole = hand_in(stage.world, compound(stage.world, 5))
            last = stage.world.database.read(last_cursor)
            expected = [(whole, "CompoundRegistered"), *((node_key(whole, number), "Accepted") for number in range(5))]
            assert until(last, waiting) == expected
            assert until(last, ended) == []
    tail.close()
