"""Jobs that step together come out as each would have alone."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from gridwms.jobs.cohorts import OWN_FIELDS, Batch, Cohorts, Member, Moved, members
from gridwms.jobs.events import Delivered, Event, Finished, PayloadStarted, Report, Running
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import RetryPolicy, decide
from gridwms.jobs.steps import UnexpectedEvent, UnknownAttempt, step
from tests.jobs.histories import run

KEYS = ("A" * 22, "B" * 22, "C" * 22, "D" * 22)


def never(_member: Member, _event: Event) -> bool:
    return False


def of_its_own(event: Event, key: str) -> Event:
    """The same, told of another job: what no rule reads differs, and for some the time too."""
    if isinstance(event, Delivered):
        event = replace(event, receipt=f"{event.receipt}-{key[:3]}")
    if isinstance(event, PayloadStarted):
        event = replace(event, instance=f"{event.instance}-{key[:3]}")
    if isinstance(event, Finished):
        event = replace(event, usage={"real": float(ord(key[0]))})
    if isinstance(event, Running | Finished | Delivered) and key == KEYS[2]:
        event = replace(event, time=event.time + 0.25)
    return event


def as_saved(moved: Moved, was: Job, now: Job) -> Job:
    """What the store makes of a row: the fields that differ within the cohort, and for attempts what each has."""
    changed = {
        name: new
        for name, old, new in zip(Job._fields, moved.before, moved.after, strict=True)
        if old != new and name not in ("key", "attempts", "node", "node_name", "value")
    }
    return was._replace(**changed, attempts=now.attempts)


@pytest.mark.parametrize("seed", range(150))
def test_together_as_alone(seed: int) -> None:
    rng = random.Random(seed)
    _job, history = run(rng)
    first, _effects = step(None, history[0])
    alone = {key: first._replace(key=key, node=place, value=key) for place, key in enumerate(KEYS)}
    rest = history[1:]
    while rest:
        some, rest = rest[: (size := rng.randint(1, 6))], rest[size:]
        before = dict(alone)
        cohorts = Cohorts(
            members({key: (place, job) for place, (key, job) in enumerate(before.items())}), lambda _job: None
        )
        for event in some:
            for key in KEYS:
                told = of_its_own(event, key)
                was = alone[key]
                alone[key], effects = step(was, told)
                move = cohorts.take(cohorts[key], told, never)
                same = was.state is alone[key].state and was.done_code is alone[key].done_code
                assert move is not None
                assert move.effects == effects
                assert move.form.state == (None if same else alone[key].state.value)
        assert cohorts.seen() == alone
        seen = set()
        for moved in cohorts.moved():
            for member in moved.members:
                was = before[member.key]
                assert as_saved(moved, was, member.job) == member.job == alone[member.key]
                assert (member.was, member.key) == (was, KEYS[member.number])
                seen.add(member.key)
        assert seen >= {key for key in KEYS if before[key] != alone[key]}


@pytest.mark.parametrize("seed", range(100))
def test_a_batch_as_single_events(seed: int) -> None:
    rng = random.Random(seed)
    _job, history = run(rng)
    first, _effects = step(None, history[0])
    alone = {key: first._replace(key=key, node=place, value=key) for place, key in enumerate(KEYS)}
    kept = members({key: (place, job) for place, (key, job) in enumerate(alone.items())})
    rest = history[1:]
    while rest:
        some, rest = rest[: (size := rng.randint(1, 4))], rest[size:]
        before = dict(alone)
        cohorts = Cohorts(kept, lambda _job: None)  # members stay alike from one set of events to the next
        for event in some:
            keys = [key for key in KEYS if rng.random() < 0.8]
            name = OWN_FIELDS.get(type(event))
            own = [f"{getattr(event, name)}-{key[:3]}" for key in keys] if name else None
            ids = [f"{event.id}-{key[:3]}" for key in keys] if isinstance(event, Report) else None
            batch = Batch(keys, event, ids, own)
            made, left = cohorts.take_together([kept[key] for key in keys], batch)
            with_cohort = [keys[place] for one in made for place in one.which or range(len(keys))]
            assert [one.key for group in made for one in group.members] == with_cohort
            for key, single in batch.apart(left):
                assert isinstance(single, Event)
                with suppress(UnexpectedEvent, UnknownAttempt):
                    cohorts.take(kept[key], single, never)
            for place, key in enumerate(keys):
                with suppress(UnexpectedEvent, UnknownAttempt):
                    alone[key], _effects = step(alone[key], batch.of(place, event))
        assert cohorts.seen() == alone
        for moved in cohorts.moved():
            for member in moved.members:
                assert member.was == before[member.key]
                assert as_saved(moved, member.was, member.job) == alone[member.key]


def test_a_batch_that_brings_receipts_says_which(attempted: dict[str, tuple[int, Job]]) -> None:
    cohorts = Cohorts(members(attempted), lambda _job: None)
    some, event = [cohorts[key] for key in attempted], Delivered(id="d", time=7.0, attempt=1, receipt="one for all")
    assert cohorts.take_together(some, Batch(list(attempted), event)) == ([], [0, 1])
    (made,), left = cohorts.take_together(some, Batch(list(attempted), event, values=["a", "b"]))
    assert (made.move.count, left) == (2, [])
    assert [one.receipt(1) for one in some] == ["a", "b"]
    assert [job.attempts[0].receipt for job in cohorts.seen().values()] == ["a", "b"]


def test_what_was_seen_stays(attempted: dict[str, tuple[int, Job]]) -> None:
    kept = members(attempted)
    before = Cohorts(kept, lambda _job: None).seen()
    cohorts = Cohorts(kept, lambda _job: None)
    cohorts.take_together(list(kept.values()), Batch(list(kept), Running(id="r", time=5.0, attempt=1)))
    assert [job.attempts[0].running_at for job in cohorts.seen().values()] == [5.0, 5.0]
    assert before == {key: job for key, (_number, job) in attempted.items()}


def test_what_no_rule_reads_stands_where_cohorts_look_for_it() -> None:
    assert Job._fields[0] == "key"
    assert Job._fields[Job._fields.index("attempts") + 1 :] == ("node", "node_name", "value")
    assert Attempt._fields[Attempt._fields.index("receipt") :] == ("receipt", "instance")


def test_a_receipt_that_came_before_is_compared_with_that_of_each(attempted: dict[str, tuple[int, Job]]) -> None:
    cohorts = Cohorts(members(attempted), lambda _job: None)
    for receipts in (("5", "1"), ("3", "3")):
        for key, receipt in zip(KEYS, receipts, strict=False):
            event = Delivered(id=f"site-1-{receipt}", time=7.0, attempt=1, receipt=receipt)
            cohorts.take(cohorts[key], event, never)
    assert [job.attempts[0].receipt for job in cohorts.seen().values()] == ["3", "1"]


def test_decisions_that_follow_are_shared_and_errors_are_not(attempted: dict[str, tuple[int, Job]]) -> None:
    cohorts = Cohorts(members(attempted), lambda job: decide(job, RetryPolicy(), 9.0))
    failed = Finished(id="w", time=8.0, attempt=1, failure=reason("wrapper_died", site="s", text="x"))
    moves = [cohorts.take(cohorts[key], failed, never) for key in attempted]
    assert moves[0] is moves[1]
    assert moves[0] is not None
    assert moves[0].count == 2
    assert [type(event).__name__ for event, _form in moves[0].following] == ["Resubmitted"]
    for key in attempted:
        with pytest.raises(UnexpectedEvent, match=key):
            cohorts.take(cohorts[key], run(random.Random(1))[1][1], never)


@pytest.fixture
def attempted() -> dict[str, tuple[int, Job]]:
    """Two jobs at a site."""
    for seed in range(1000):
        _job, history = run(random.Random(seed))
        job = None
        for event in history:
            job, _effects = step(job, event)
            if job.attempts:
                assert job.attempts[0].receipt is None
                return {
                    key: (place, job._replace(key=key, shallow_retry_count=2)) for place, key in enumerate(KEYS[:2])
                }
    raise AssertionError("no history has an attempt")


def test_what_may_have_happened_before_is_asked_about(attempted: dict[str, tuple[int, Job]]) -> None:
    asked = []

    def had_before(member: Member, event: Event) -> bool:
        asked.append((member.number, event.id))
        return True

    cohorts = Cohorts(members(attempted), lambda _job: None)
    for key in attempted:
        for ident in "ab":
            event = Running(id=ident, time=5.0, attempt=1)
            assert (cohorts.take(cohorts[key], event, had_before) is None) == (ident == "b")
    assert asked == [(0, "b"), (1, "b")]
