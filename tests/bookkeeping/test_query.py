"""The query language: its rules, its URL form, and the same answer from the predicate and from SQL."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.bookkeeping.query.attributes import Operator, Subject
from gridwms.bookkeeping.query.conditions import Condition, check
from gridwms.bookkeeping.query.errors import Failure, QueryError
from gridwms.bookkeeping.query.flags import Flags, flags_text, parse_flags
from gridwms.bookkeeping.query.predicate import matches, matches_event
from gridwms.bookkeeping.query.url import parse_query
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.status import JobStatus
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
        ("owner=" + "|=a" * 600, Failure.INVALID, "more than 500"),
    ],
)
def test_what_is_refused(text: str, failure: Failure, message: str) -> None:
    with pytest.raises(QueryError, match=message.replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_query(text, NOW)
    assert caught.value.failure is failure


def test_rules_beyond_the_url_form() -> None:
    with pytest.raises(QueryError, match="only same attribute types supported in 'or' expressions"):
        check([[C("owner", EQUAL, "a"), C("status", EQUAL, 1)]])
    with pytest.raises(QueryError, match="only same attribute types"):
        check([[C("usertag", EQUAL, "a", argument="x"), C("usertag", EQUAL, "a", argument="y")]])
    with pytest.raises(QueryError, match="empty conditions"):
        check([])
    with pytest.raises(QueryError, match="notifications only"):
        check([[C("status", Operator.CHANGED)]])
    check([[C("status", Operator.CHANGED)]], Subject.NOTIFICATIONS)
    check([[C("status", EQUAL, 1)]])
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
        parse_query(text, NOW)


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


def test_on_real_streams() -> None:
    status = streams.simple(random.Random(1))[0]
    query = parse_query("source=LRMS|=LogMonitor&type=Running", NOW, Subject.EVENTS)
    found = [event for event in status if matches_event(query, event)]
    assert {event.type for event in found} == {"Running"}
