"""ULM lines: events to lines and back, and hostile input."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridwms.bookkeeping import ulm
from gridwms.bookkeeping.dates import LAST, BadDate, parse_date, write_date
from gridwms.bookkeeping.event import Event, Value, missing
from gridwms.bookkeeping.event_types import EVENT_TYPES, LEVELS, Field, Kind, type_named
from gridwms.bookkeeping.sources import SOURCES, source_named
from gridwms.bookkeeping.ulm import UlmError, escape, parse_line, read_lines, unescape, write_line
from tests.bookkeeping import streams

LINE = (
    'DATE=20110313063320.000123 HOST="wn.example.org" PROG=edg-wms LVL=SYSTEM DG.PRIORITY=0 DG.SOURCE="LRMS" '
    'DG.SRC_INSTANCE="" DG.EVNT="Running" DG.JOBID="https://lb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA" '
    'DG.SEQCODE="UI=000001:NS=0000000001:WM=000000:BH=0000000000:JSS=000000:LM=000000:LRMS=000000:APP=000000" '
    'DG.USER="/C=XX/CN=Ann \\"A\\"" DG.RUNNING.NODE="wn1"\n'
)


def test_a_line_and_back() -> None:
    event = parse_line(LINE)
    assert (event.type, event.source, event.host, event.level) == ("Running", "LRMS", "wn.example.org", "SYSTEM")
    assert event.timestamp == 1_299_998_000_000_123
    assert event.user == '/C=XX/CN=Ann "A"'
    assert event.data == {"node": "wn1"}
    assert write_line(event) == LINE
    assert missing(event) == ()


@pytest.mark.parametrize("kind", streams.KINDS)
def test_streams_survive(kind: str) -> None:
    events = streams.KINDS[kind](random.Random(kind))
    events = [parse_line(write_line(event)) for event in events]
    assert list(read_lines("".join(map(write_line, events)))) == events


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
moments = st.integers(0, LAST)


def values(one: Field) -> st.SearchStrategy[Value]:
    match one.kind:
        case Kind.INT:
            return st.integers(-(10**17), 10**17)
        case Kind.REAL:
            return st.floats(allow_nan=False, allow_infinity=False)
        case Kind.TIME:
            return moments
        case Kind.CODE:
            return st.sampled_from(one.codes)
        case Kind.SOURCE:
            return st.sampled_from(SOURCES)
        case _:
            return texts.filter(bool)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(list(EVENT_TYPES.values())))
    data = draw(st.fixed_dictionaries({}, optional={one.name: values(one) for one in kind.fields}))
    return Event(
        kind.name,
        draw(moments),
        draw(texts.filter(bool)),
        draw(st.sampled_from(SOURCES)),
        draw(texts),
        draw(texts),
        draw(texts),
        draw(texts),
        draw(st.sampled_from(LEVELS)),
        draw(st.integers(0, 1)),
        draw(st.none() | moments),
        data,
        draw(st.sampled_from([(), (("DG.NEW.FIELD", "x"), ("X.Y-Z_1", 'a"\\\n')), (("DG.TYPE", ""),)])),
    )


@settings(max_examples=500, deadline=None)
@given(events())
def test_every_event_survives_exactly(event: Event) -> None:
    line = write_line(event)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert parse_line(line) == event
    assert write_line(parse_line(line)) == line


@settings(deadline=None)
@given(events(), st.integers(0, 600), st.sampled_from(["", " ", "x", "DG.X=1 ", 'HOST="h" ', "\\"]))
def test_the_quick_reader_agrees_with_the_general_one(event: Event, place: int, inserted: str) -> None:
    line = write_line(event)
    for text in (line, line[:place] + inserted + line[place:]):
        results: list[object] = []
        for general in (False, True):
            try:
                results.append(ulm._any_event(text, len(text.rstrip("\r\n"))) if general else parse_line(text))
            except UlmError as error:
                results.append((str(error), error.position))
        assert results[0] == results[1]


@given(texts)
def test_escape(text: str) -> None:
    assert "\n" not in escape(text)
    assert unescape(escape(text)) == text


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=80) | st.text('DATE=20110313063320 HOST"\\\n\t.', max_size=60))
@example("A=" + "\\" * 50)
@example('A="' + "\\" * 50)
def test_any_text_is_an_event_or_a_named_error(text: str) -> None:
    try:
        parse_line(text)
    except UlmError as error:
        assert 0 <= error.position <= len(text)


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_damaged_line_is_an_event_or_a_named_error(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(LINE)))
    length = data.draw(st.integers(0, 30))
    text = LINE[:place] + data.draw(st.text(max_size=4)) + LINE[place + length :]
    for found in read_lines(text):
        assert isinstance(found, Event | UlmError)


@pytest.mark.parametrize(
    ("change", "into", "message"),
    [
        ("DATE=20110313063320.000123", "DATE=20111313063320", "not a day of the calendar"),
        ("DATE=20110313063320.000123", "DATE=20110313253320", "not a moment"),
        ("DATE=20110313063320.000123", "DATE=19690101000000", "not a moment since 1970"),
        ("DATE=20110313063320.000123 ", "", "DATE is missing"),
        ("LVL=SYSTEM", "LVL=LOUD", "not a logging level"),
        ("DG.PRIORITY=0", "DG.PRIORITY=" + "9" * 5000, "not a whole number"),
        ('DG.SOURCE="LRMS"', 'DG.SOURCE="Batch"', "not a source"),
        ('DG.EVNT="Running"', 'DG.EVNT="Walking"', "not an event type"),
        ('DG.EVNT="Running" ', "", "event type (DG.EVNT) is missing"),
        ('DG.RUNNING.NODE="wn1"', 'DG.RUNNING.NODE="wn1', "does not end"),
        ('DG.RUNNING.NODE="wn1"', 'DG.RUNNING.NODE="wn1"x', "does not end, or something follows"),
        ('DG.RUNNING.NODE="wn1"', 'DG.ABORT.REASON="x"', "does not belong"),
        ('DG.RUNNING.NODE="wn1"', 'DG.RUNNING.NODE="1" DG.RUNNING.NODE="2"', "stands twice"),
        ('DG.RUNNING.NODE="wn1"', "DG.RUNNING.NODE=", "has no value"),
        ('DG.RUNNING.NODE="wn1"', "DG.RUNNING.NODE", "'=' was expected"),
        ('DG.RUNNING.NODE="wn1"', '="wn1"', "a field name was expected"),
        ('DG.RUNNING.NODE="wn1"', 'DG.RUNNING.NODE="w\0"', "NUL"),
    ],
)
def test_errors_have_a_sentence_and_a_place(change: str, into: str, message: str) -> None:
    with pytest.raises(UlmError, match=message.replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_line(LINE.replace(change, into))
    assert caught.value.position <= len(LINE)


def test_names_in_any_case_unknown_fields_and_carriage_returns() -> None:
    line = LINE.replace("DG.EVNT", "dg.evnt").replace('"Running"', '"RUNNING"').replace("LRMS", "lrms", 1)
    event = parse_line("  " + line.rstrip("\n") + ' DG.LLLID=77 DG.UNKNOWN="" \r\n')
    assert (event.type, event.source) == ("Running", "LRMS")
    assert event.unknown == (("DG.LLLID", "77"), ("DG.UNKNOWN", ""))


def test_an_arrival_date_in_a_dump() -> None:
    assert parse_line("DG.ARRIVED=20110313063321.5 " + LINE).arrived == 1_299_998_001_500_000


def test_a_notification_may_be_about_no_job() -> None:
    line = LINE.replace('DG.EVNT="Running"', 'DG.EVNT="Notification"').split(" DG.JOBID")[0]
    event = parse_line(line + ' DG.NOTIFICATION.NOTIFID="https://a/NOTIF:b" DG.NOTIFICATION.DEST_PORT="7"')
    assert (event.job, event.data) == ("", {"notifId": "https://a/NOTIF:b", "dest_port": 7})


def test_other_line_separators_do_not_end_a_line() -> None:
    event = parse_line(LINE.replace("wn1", "a\u2028b\x0bc\rd"))
    assert list(read_lines(write_line(event) * 2)) == [event, event]


def test_what_cannot_be_written() -> None:
    for event in (
        Event("Walking", 0, "j", "LRMS"),
        Event("Running", -1, "j", "LRMS"),
        Event("Running", 0, "j", "LRMS", data={"nodes": "x"}),
    ):
        with pytest.raises(UlmError):
            write_line(event)


@given(moments)
def test_dates(moment: int) -> None:
    assert parse_date(write_date(moment)) == moment


@given(st.text(max_size=25))
def test_no_other_error_for_a_date(text: str) -> None:
    with contextlib.suppress(BadDate):
        parse_date(text)


def test_the_table_of_types() -> None:
    assert len(EVENT_TYPES) == 79
    numbers = {"Transfer": 1, "RegJob": 17, "UserTag": 21, "ReallyRunning": 25, "CREAMStart": 301}
    assert {name: EVENT_TYPES[name].number for name in numbers} == numbers
    assert type_named("rEgJoB") is type_named("17") is EVENT_TYPES["RegJob"]
    assert type_named("99") is type_named("x") is None
    assert source_named("jobsubmission") == source_named("JOBCONTROLLER") == "JobController"
