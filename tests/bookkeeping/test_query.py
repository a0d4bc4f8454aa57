"""The query language: its rules, its URL form, and the same answer from the predicate and from SQL."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.event_types import EVENT_TYPES, LEVELS
from gridwms.bookkeeping.query.attributes import ATTRIBUTES, Operator, Subject, Type
from gridwms.bookkeeping.query.conditions import STATE_TIMES, Condition, check
from gridwms.bookkeeping.query.errors import Failure, QueryError
from gridwms.bookkeeping.query.flags import Flags, flags_text, parse_flags
from gridwms.bookkeeping.query.limits import Excess, limited
from gridwms.bookkeeping.query.predicate import matches, matches_event
from gridwms.bookkeeping.query.sql import EVENT_COLUMNS, JOB_COLUMNS, Tables, job_row, sql_of
from gridwms.bookkeeping.query.url import parse_query
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode, VmState
from gridwms.bookkeeping.status import JobStatus, MachineStatus
from tests.bookkeeping import streams

NOW = 1_400_000_000
C = Condition
EQUAL, UNEQUAL, LESS, GREATER, WITHIN = (
    Operator.EQUAL,
    Operator.UNEQUAL,
    Operator.LESS,
    Operator.GREATER,
    Operator.WITHIN,
)


def test_the_url_form() -> None:
    query = parse_query("status=running|=scheduled&lastupdatetime>past2592000", NOW)
    assert query == (
        (C("status", EQUAL, 5), C("status", EQUAL, 4)),
        (C("lastupdatetime", GREATER, NOW - 2592000),),
    )
    assert parse_query("owner=%2FC%3DXX%2FCN%3DA%26B|%3C%3E/CN=C", NOW) == (
        (C("owner", EQUAL, "/C=XX/CN=A&B"), C("owner", UNEQUAL, "/CN=C")),
    )
    assert parse_query("OWNER=a&userTag(Colour)=red&time(Running)<last10&donecode><failed&jobtype=dag", NOW) == (
        (C("owner", EQUAL, "a"),),
        (C("usertag", EQUAL, "red", argument="Colour"),),
        (C("time", LESS, NOW - 10, argument="running"),),
        (C("donecode", UNEQUAL, 1),),
        (C("jobtype", EQUAL, 1),),
    )
    events = parse_query("source=jobcontroller&level<warning&type=Done|=17&time>5", NOW, Subject.EVENTS)
    assert events[0] == (C("source", EQUAL, "JobController"),)
    assert events[2] == (C("type", EQUAL, 10), C("type", EQUAL, 17))


@pytest.mark.parametrize(
    ("text", "failure", "message"),
    [
        ("", Failure.UNPARSABLE, "not a condition"),
        ("owner=a&", Failure.UNPARSABLE, "not a condition"),
        ("owner", Failure.UNPARSABLE, "not a condition"),
        ("owner=a|b", Failure.UNPARSABLE, "an operator"),
        ("colour=red", Failure.UNSUPPORTED, "no attribute 'colour'"),
        ("host=a", Failure.UNSUPPORTED, "cannot be asked of jobs"),
        ("status=flying", Failure.UNPARSABLE, "not a value of status"),
        ("lastupdatetime>yesterday", Failure.UNPARSABLE, "not a value"),
        ("owner<a", Failure.INVALID, "only `=' and '!=' supported with job owner"),
        ("jobid<a", Failure.INVALID, "only `=', '>' and '!=' supported with jobid"),
        ("owner=a&time>5", Failure.INVALID, "Time attribut have to be associated with status specification"),
        ("owner=a&usertag=5", Failure.INVALID, "needs a name"),
        ("status=running", Failure.NO_INDEX, "no indexed"),
        ("owner=" + "|=a" * 600, Failure.INVALID, "more than 500"),
    ],
)
def test_what_is_refused(text: str, failure: Failure, message: str) -> None:
    with pytest.raises(QueryError, match=message.replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_query(text, NOW)
    assert caught.value.failure is failure


def test_http_statuses() -> None:
    assert [one.http for one in (Failure.NO_JOBS, Failure.NOT_OWNER, Failure.PURGED, Failure.NO_INDEX)] == [
        404,
        401,
        410,
        503,
    ]
    assert [one.http for one in (Failure.UNPARSABLE, Failure.UNSUPPORTED)] == [579, 501]


def test_rules_beyond_the_url_form() -> None:
    with pytest.raises(QueryError, match="only same attribute types supported in 'or' expressions"):
        check([[C("owner", EQUAL, "a"), C("status", EQUAL, 1)]])
    with pytest.raises(QueryError, match="only same attribute types"):
        check([[C("usertag", EQUAL, "a", argument="x"), C("usertag", EQUAL, "a", argument="y")]], indices=None)
    with pytest.raises(QueryError, match="empty conditions"):
        check([])
    with pytest.raises(QueryError, match="notifications only"):
        check([[C("status", Operator.CHANGED)]])
    check([[C("status", Operator.CHANGED)]], Subject.NOTIFICATIONS)
    check([[C("usertag", EQUAL, "a", argument="Colour")]], indices={"usertag:colour"})
    check([[C("status", EQUAL, 1)]], indices=None)
    with pytest.raises(QueryError):
        check([[C("usertag", LESS, "a", argument="x")]], Subject.EVENTS)
    with pytest.raises(QueryError, match="is compared with"):
        check([[C("owner", EQUAL, 1)]])
    with pytest.raises(QueryError, match="out of range"):
        check([[C("lastupdatetime", EQUAL, 2**60)]])


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60) | st.text("status=running|<>&()past%0123 usertag", max_size=60))
def test_any_text_is_a_query_or_a_named_error(text: str) -> None:
    with contextlib.suppress(QueryError):
        sql_of(parse_query(text, NOW, indices=None))


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


JDL = {"a": {"executable": "a"}, "b": {"executable": "x'; DROP TABLE jobs; --", "x": "b"}}


@settings(max_examples=120, deadline=None)
@given(st.lists(statuses(), min_size=1, max_size=4, unique_by=lambda one: one.job_id), queries(Subject.JOBS))
def test_sql_and_predicate_give_the_same_jobs(jobs: list[JobStatus], query: tuple[tuple[Condition, ...], ...]) -> None:
    check(query, indices=None)
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE jobs ({', '.join(JOB_COLUMNS.values())})")
    for table in ("job_tags", "job_jdl"):
        base.execute(f"CREATE TABLE {table} (jobid, name, value)")
    for job in jobs:
        row = job_row(job)
        base.execute(f"INSERT INTO jobs VALUES ({', '.join(':' + name for name in row)})", row)
        base.executemany("INSERT INTO job_tags VALUES (?, ?, ?)", [(job.job_id, *tag) for tag in job.user_tags])
        jdl = JDL.get(job.job_id, {})
        base.executemany("INSERT INTO job_jdl VALUES (?, ?, ?)", [(job.job_id, *pair) for pair in jdl.items()])
    fragment = sql_of(query)
    found = {row[0] for row in base.execute(f"SELECT jobid FROM jobs WHERE {fragment.text}", fragment.parameters)}
    base.close()
    assert found == {job.job_id for job in jobs if matches(query, job, lambda one: JDL.get(one.job_id, {}))}


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


@settings(max_examples=200, deadline=None)
@given(st.lists(events(), min_size=1, max_size=6), queries(Subject.EVENTS))
def test_sql_and_predicate_give_the_same_events(found: list[Event], query: tuple[tuple[Condition, ...], ...]) -> None:
    check(query, Subject.EVENTS)
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE events ({', '.join(EVENT_COLUMNS.values())})")
    for one in found:
        tag = one.type == "UserTag"
        values = (
            one.timestamp,
            LEVELS.index(one.level) + 1,
            one.host or None,
            one.source,
            one.src_instance or None,
            EVENT_TYPES[one.type].number,
            one.text("tag") if one.type == "Chkpt" else None,
            str(one.data["name"]).lower() if tag else None,
            one.data["value"] if tag else None,
        )
        base.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    fragment = sql_of(query, Subject.EVENTS)
    rows = base.execute(f"SELECT rowid FROM events WHERE {fragment.text}", fragment.parameters)
    expected = [place for place, one in enumerate(found, start=1) if matches_event(query, one)]
    assert sorted(row[0] for row in rows) == expected
    base.close()


def test_only_identifiers_name_columns() -> None:
    with pytest.raises(ValueError, match="not the name"):
        Tables({"owner": "owner; DROP TABLE jobs"})
    with pytest.raises(QueryError):
        sql_of([[C("owner", EQUAL, "a")]], tables=Tables({"jobid": "id"}))


def test_changed() -> None:
    status = JobStatus(state=StateCode.RUNNING)
    query = [[C("status", Operator.CHANGED)]]
    assert matches(query, status, before=JobStatus(state=StateCode.READY))
    assert not matches(query, status, before=status)
    assert not matches(query, status)


def test_owners_compare_as_persons() -> None:
    status = replace(JobStatus(), owner="/CN=Ann/Email=a@x/CN=proxy")
    assert matches([[C("owner", EQUAL, "/CN=Ann/emailAddress=a@x")]], status)


def test_flags() -> None:
    flags = parse_flags("classadd+childhist_thorough")
    assert flags == Flags.CLASSADD | Flags.CHILDHIST_THOROUGH == 17
    assert flags_text(flags) == "classadd+childhist_thorough"
    assert parse_flags("") == 0
    with pytest.raises(QueryError):
        parse_flags("all")


def test_limits() -> None:
    found = [1, 2, 3]
    assert limited(found, 3) == (found, None)
    assert limited(found, 0) == (found, None)
    assert limited(found, 2) == ([], Failure.TOO_MANY)
    assert limited(found, 2, Excess.LIMITED) == ([1, 2], Failure.TOO_MANY)
    assert limited(found, 2, Excess.ALL) == (found, Failure.TOO_MANY)


def test_on_real_streams() -> None:
    status = streams.simple(random.Random(1))[0]
    query = parse_query("source=LRMS|=LogMonitor&type=Running", NOW, Subject.EVENTS)
    found = [event for event in status if matches_event(query, event)]
    assert {event.type for event in found} == {"Running"}
