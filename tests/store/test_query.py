"""The query language in SQL: the same answer as from the predicate, on both engines, whatever stands in a query."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.event_types import EVENT_TYPES, LEVELS
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.machine.record import Progress
from gridwms.bookkeeping.query.attributes import ATTRIBUTES, Operator, Subject, Type
from gridwms.bookkeeping.query.conditions import STATE_TIMES, Condition, Query, check
from gridwms.bookkeeping.query.predicate import matches, matches_event
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode, VmState
from gridwms.bookkeeping.status import JobStatus, MachineStatus
from gridwms.store import lb_events, lb_jobs, query
from gridwms.store.database import Database
from gridwms.store.lb_jobs import BookedJob
from gridwms.store.tables import attempts, job_tags, jobs, lb_tags
from gridwms.store.tables import lb_events as events_table
from gridwms.store.tables import lb_jobs as jobs_table

NOW = 1_400_000_000
EQUAL, UNEQUAL, WITHIN = Operator.EQUAL, Operator.UNEQUAL, Operator.WITHIN
MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


words = st.sampled_from(["a", "b", "ab", "B", "é", "x'; DROP TABLE jobs; --", "%", "\N{GRINNING FACE}"])
seconds = st.integers(NOW, NOW + 3)


def texts() -> st.SearchStrategy[str | None]:
    return st.none() | words


@st.composite
def statuses(draw: st.DrawFn) -> JobStatus:
    times = [0, *(draw(st.just(0) | seconds) for _ in STATE_TIMES)]
    tags = draw(st.dictionaries(st.sampled_from(["colour", "size"]), words))
    machine = draw(st.none() | st.builds(MachineStatus, state=st.none() | st.sampled_from(VmState)))
    return JobStatus(
        job_id=draw(words),
        owner=draw(texts()),
        state=draw(st.sampled_from(StateCode)),
        jobtype=draw(st.sampled_from(JobType)),
        parent_job=draw(texts()),
        destination=draw(texts()),
        location=draw(texts()),
        network_server=draw(texts()),
        done_code=draw(st.none() | st.sampled_from(DoneCode)),
        exit_code=draw(st.integers(-2, 2)),
        resubmitted=draw(st.booleans()),
        user_tags=tuple(tags.items()),
        state_enter_time=draw(seconds) * 1_000_000 + draw(st.integers(0, 999_999)),
        last_update_time=draw(seconds) * 1_000_000 + draw(st.integers(0, 999_999)),
        state_enter_times=tuple(times),
        machine=machine,
    )


NUMBERS = {
    Type.STATE: st.integers(0, 11),
    Type.DONE_CODE: st.integers(0, 2),
    Type.NUMBER: st.integers(-2, 2),
    Type.JOB_TYPE: st.integers(0, 10),
    Type.TIME: seconds,
    Type.LEVEL: st.integers(1, 10),
    Type.EVENT_TYPE: st.sampled_from([one.number for one in EVENT_TYPES.values()]),
}
ARGUMENTS = {
    "tag": st.sampled_from(["Colour", "size", "other"]),
    "state": st.sampled_from(STATE_TIMES),
    "jdl": st.sampled_from(["Executable", "x"]),
}


@st.composite
def queries(draw: st.DrawFn, subject: Subject) -> tuple[tuple[Condition, ...], ...]:
    known = [one for one in ATTRIBUTES.values() if (one.of_events if subject is Subject.EVENTS else one.of_jobs)]
    out = []
    for _ in range(draw(st.integers(1, 3))):
        attribute = draw(st.sampled_from(known))
        plain = subject is Subject.EVENTS and attribute.argument != "tag"
        argument = draw(ARGUMENTS[attribute.argument]) if attribute.argument and not plain else ""
        values = words if attribute.type is Type.TEXT else NUMBERS[attribute.type]
        operators = sorted(attribute.operators)
        if subject is Subject.EVENTS and attribute.name == "usertag":
            operators = [EQUAL, UNEQUAL]
        either = []
        for _ in range(draw(st.integers(1, 2))):
            operator = draw(st.sampled_from(operators))
            upper = draw(values) if operator is WITHIN else None
            either.append(Condition(attribute.name, operator, draw(values), upper, argument))
        out.append(tuple(either))
    return tuple(out)


def job_of(number: int, status: JobStatus) -> BookedJob:
    unset = JobStatus()
    fields = {name: value for name in JobStatus.__slots__ if (value := getattr(status, name)) != getattr(unset, name)}
    return BookedJob(number, status.job_id, Progress(Memory(fields=fields)))


@MANY
@given(
    found=st.lists(statuses(), min_size=1, max_size=4, unique_by=lambda one: one.job_id), asked=queries(Subject.JOBS)
)
def test_the_same_jobs_of_other_systems(database: Database, found: list[JobStatus], asked: Query) -> None:
    check(asked)

    def work(connection: Connection) -> set[str]:
        for table in (lb_tags, events_table, jobs_table):
            connection.execute(delete(table))
        numbers = lb_jobs.add(connection, [one.job_id for one in found])
        lb_jobs.save(connection, [job_of(numbers[one.job_id], one) for one in found])
        lb_jobs.set_tags(connection, {numbers[one.job_id]: dict(one.user_tags) for one in found})
        condition = query.where(asked, query.OTHERS)
        return set(connection.scalars(select(jobs_table.c.jobid).where(condition)))

    by_columns = tuple(either for either in asked if either[0].attribute != "jdl")
    assert query.beyond(asked, query.OTHERS) == tuple(one for one in asked if one not in by_columns)
    assert database.write(work) == {one.job_id for one in found if matches(by_columns, one)}


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["UserTag", "Chkpt", "Done"]))
    data = {
        "UserTag": {"name": draw(st.sampled_from(["colour", "Size"])), "value": draw(words)},
        "Chkpt": {"tag": draw(words)},
        "Done": {},
    }[kind]
    return Event(
        kind,
        draw(seconds) * 1_000_000 + draw(st.integers(0, 999_999)),
        "j",
        "LRMS",
        host=draw(words | st.just("")),
        src_instance=draw(words | st.just("")),
        level=draw(st.sampled_from(LEVELS)),
        data=data,
    )


@MANY
@given(found=st.lists(events(), min_size=1, max_size=6), asked=queries(Subject.EVENTS))
def test_the_same_events_of_other_systems(database: Database, found: list[Event], asked: Query) -> None:
    check(asked, Subject.EVENTS)

    def work(connection: Connection) -> list[str]:
        for table in (lb_tags, events_table, jobs_table):
            connection.execute(delete(table))
        job = lb_jobs.add(connection, ["j"])["j"]
        lb_events.append(connection, [(job, event, str(place)) for place, event in enumerate(found)], 0)
        condition = query.where(asked, query.EVENTS)
        return list(connection.scalars(select(events_table.c.line).where(condition)))

    expected = [str(place) for place, one in enumerate(found) if matches_event(asked, one)]
    assert sorted(database.write(work)) == sorted(expected)


@MANY
@given(asked=queries(Subject.JOBS), text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_our_jobs_can_be_asked_for_in_any_words(database: Database, asked: Query, text: str) -> None:
    """Values are bound: whatever stands in them, the statement is a good one, and the tables stay."""
    worded = tuple(
        tuple(
            Condition(one.attribute, one.operator, text if isinstance(one.value, str) else one.value, one.upper, text)
            if one.attribute != "time"
            else one
            for one in either
        )
        for either in asked
    )

    def work(connection: Connection) -> int:
        connection.execute(select(jobs.c.number).where(query.where(worded, query.OWN))).all()
        return sum(len(connection.execute(select(table)).all()) for table in (jobs, attempts, job_tags))

    assert database.read(work) == 0
