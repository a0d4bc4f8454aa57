"""The tail of the log: read once for all, each filter its own view, and the log itself for who is too far behind."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridwms.flow import remarks
from gridwms.flow import tail as module
from gridwms.flow.cancel import cancel
from gridwms.flow.status import nodes_of
from gridwms.flow.submit import register
from gridwms.flow.tail import Part, Tail
from gridwms.flow.telling import read_after
from gridwms.jobs.interest import NAMES, Interest
from gridwms.store.events import last_cursor
from tests.flow.compounds import compound, hand_in
from tests.flow.conftest import Stage


class Ears:
    """Waits until the tail has told of a filter."""

    def __init__(self, tail: Tail) -> None:
        self._changed = threading.Condition()
        self._count = 0
        tail.subscribe(self._heard)

    def _heard(self, _interests: Collection[Interest] | None) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def until(self, tail: Tail, cursor: int, interest: Interest, reached: int) -> Part:
        """The part after `cursor`, from memory alone, once it goes to `reached`."""
        part: Part | None = None

        def there() -> bool:
            nonlocal part
            part = tail.recent(cursor, interest)
            return part is not None and part.cursor >= reached

        with self._changed:
            assert self._changed.wait_for(there, 20)
        assert part is not None
        return part


@pytest.fixture
def tail(stage: Stage) -> Iterator[Tail]:
    made = Tail(stage.world)
    yield made
    made.close()


def last(stage: Stage) -> int:
    return stage.world.database.read(last_cursor)


def test_a_hundred_listeners_cost_one_read(stage: Stage, tail: Tail) -> None:
    ears, interest = Ears(tail), Interest(owner="ann")
    with contextlib.ExitStack() as listeners:
        for _ in range(100):
            listeners.enter_context(tail.listening(interest))
        begin = ears.until(tail, last(stage), interest, last(stage)).cursor
        before = tail.reads
        stage.submit(count=50)
        parts = [ears.until(tail, begin, interest, last(stage)) for _ in range(100)]
        assert tail.reads - before <= 2
    assert len(parts[0].told) == 100
    assert all(part is parts[0] for part in parts)
    assert parts[0].messages is parts[99].messages


def test_without_listeners_nothing_is_read(stage: Stage, tail: Tail) -> None:
    stage.submit()
    assert (tail.reads, tail.recent(0, Interest())) == (0, None)


def test_who_is_too_slow_reads_the_log_and_misses_nothing(
    stage: Stage, tail: Tail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT", 10)
    ears, interest = Ears(tail), Interest(owner="ann")
    with tail.listening(interest):
        begin = ears.until(tail, last(stage), interest, last(stage)).cursor
        for _ in range(8):
            before = last(stage)
            stage.submit(count=4)
            ears.until(tail, before, interest, last(stage))
        assert tail.recent(begin, interest) is None
        slow = tail.read(begin, interest)
        assert slow.whole
        assert [one.cursor for one in slow.told] == list(range(begin + 1, last(stage) + 1))
        stage.submit()
        then = ears.until(tail, slow.cursor, interest, last(stage))
        assert [one.view.type for one in then.told] == ["Registered", "Accepted"]


def test_a_view_with_tags_that_comes_later_is_not_blind(stage: Stage, tail: Tail) -> None:
    ears, tagged = Ears(tail), Interest(tags=frozenset({("a", "1")}))
    with tail.listening(Interest()):
        ears.until(tail, last(stage), Interest(), last(stage))
        begin = last(stage)
        with tail.listening(tagged):
            stage.submit('UserTags = [a = "1"];')
            ears.until(tail, begin, Interest(), last(stage))
            before = last(stage)
            for value in ("1", "2"):
                stage.submit(f'UserTags = [a = "{value}"];')
            found = ears.until(tail, before, tagged, last(stage))
            assert [one.view.type for one in found.told] == ["Registered", "Accepted"]
            assert len(tail.read(begin, tagged).told) == 4


def test_tags_that_are_said_later_count(stage: Stage) -> None:
    [key] = stage.submit('UserTags = [a = "1"; b = "x"];')
    whole = hand_in(stage.world, compound(stage.world, 1))
    remarks.tag(stage.world, "ann", [whole], {"c": "3"})
    assert read_after(stage.world, 0, Interest.read([("tag", "c=3")]), 100)[0]
    remarks.tag(stage.world, "ann", [key], {"A": "2"})
    for text, expected in (("A=2", True), ("a=1", False), ("B=x", True)):
        found = read_after(stage.world, 0, Interest.read([("tag", text)]), 100)[0]
        assert bool(found) == expected, text


VALUES = {
    "vo": ["atlas", "local", "cms"],
    "state": ["WAITING", "READY", "CANCELLED", "ENDED", "DONE_OK"],
    "type": ["Registered", "Accepted", "Matched", "Cancelled"],
    "tag": ["a=1", "a=2", "b=1"],
}


@given(
    st.lists(
        st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(VALUES[name])))
    ),
    st.sampled_from([None, "ann", "bob"]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_log_and_memory_let_the_same_through(stage: Stage, pairs: list[tuple[str, str]], owner: str | None) -> None:
    if not last(stage):
        for user in ("ann", "bob"):
            for extra in ('UserTags = [a = "1"; b = "1"];', 'VirtualOrganisation = "atlas"; UserTags = [a = "2"];', ""):
                text = f'[Executable = "/bin/true"; {extra}]'.encode()
                [answer] = register(stage.world, user, "", [text])
                if extra:
                    stage.schedule()
                else:
                    cancel(stage.world, user, [str(answer.key)])
    interest = Interest.read(pairs, owner)
    assert Interest.read(interest.pairs(), owner) == interest
    everything = read_after(stage.world, 0, Interest(), 1000, tags=True)[0]
    found = read_after(stage.world, 0, interest, 1000)[0]
    assert [one.cursor for one in found] == [one.cursor for one in everything if one.is_for(interest)]


def test_every_name_of_a_filter_can_be_written_and_read() -> None:
    values = {"job": "0" * 22, "parent": "1" * 22, "vo": "v", "state": "DONE", "type": "Ended", "tag": "a=b=c"}
    assert set(values) == set(NAMES)
    interest = Interest.read(values.items(), "ann")
    assert dict(interest.pairs()) == values
    assert interest.tags == {("a", "b=c")}


def test_nodes_are_heard_by_their_compound(stage: Stage) -> None:
    whole, single = hand_in(stage.world, compound(stage.world, 3)), stage.submit()[0]
    nodes = nodes_of(stage.world, whole).jobs
    cancel(stage.world, "ann", [nodes[0].key, single])

    def heard(name: str, key: str) -> set[tuple[str, str]]:
        found = read_after(stage.world, 0, Interest.read([(name, key)]), 1000)[0]
        return {(one.subject.key, one.view.type) for one in found}

    assert heard("parent", whole) >= {(nodes[0].key, "Cancelled")}
    assert {key for key, _kind in heard("parent", whole)} == {node.key for node in nodes}
    assert (whole, "CompoundRegistered") in heard("job", whole)
    assert heard("job", nodes[0].key) == {one for one in heard("parent", whole) if one[0] == nodes[0].key}
    assert (single, "Cancelled") not in heard("parent", whole)
