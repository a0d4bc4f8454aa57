"""Whatever the events: no exception, the same job in any order of arrival, and nothing lost on the way through data."""

from __future__ import annotations

import json
import random

import pytest

from gridwms.bookkeeping.event import Event, Value
from gridwms.bookkeeping.event_types import EVENT_TYPES, Field, Kind
from gridwms.bookkeeping.machine.codec import progress_data, read_progress
from gridwms.bookkeeping.machine.record import recompute
from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.seqcode import PbsCode, SequenceCode
from gridwms.bookkeeping.sources import SOURCES
from gridwms.bookkeeping.states import JobType
from gridwms.bookkeeping.text_view import job_text, parse_page
from gridwms.bookkeeping.ulm import parse_line, write_line
from tests.bookkeeping.streams import JOB, START, arrived, disturbed


def code(rng: random.Random) -> str:
    """A code of any family, or none."""
    kind = rng.random()
    if kind < 0.8:
        return str(SequenceCode(*(rng.randrange(3) if rng.random() < 0.4 else 0 for _ in range(9))))
    if kind < 0.87:
        return str(PbsCode(server=rng.randrange(4)))
    if kind < 0.94:
        return f"TIMESTAMP=2011031306332{rng.randrange(3)}:POS=0000000001:EV.CODE=200:SRC={rng.choice('CHSsm')}"
    return rng.choice(("", "junk"))


def value(rng: random.Random, one: Field) -> Value:
    match one.kind:
        case Kind.INT:
            return rng.randrange(-2, 12)
        case Kind.REAL:
            return rng.random()
        case Kind.TIME:
            return START
        case Kind.CODE:
            return rng.choice(one.codes)
        case Kind.SOURCE:
            return rng.choice(SOURCES)
        case _:
            words = ("a", "b=1,c", "Done", "DONE-OK", "running", str(SequenceCode(wm=rng.randrange(3))))
            return rng.choice(words)


def any_event(rng: random.Random, kinds: list[str]) -> Event:
    kind = EVENT_TYPES[rng.choice(kinds)]
    data = {one.name: value(rng, one) for one in kind.fields if rng.random() < 0.85}
    moment = START + rng.randrange(4) * 1_000_000
    return Event(
        kind.name, moment, JOB, rng.choice(SOURCES), code(rng), rng.choice("hi"), rng.choice(("/CN=a", "")), data=data
    )


WMS = [kind.name for kind in EVENT_TYPES.values() if kind.family == "gLite"]


@pytest.mark.parametrize("jobtype", [*JobType, "PARTITIONED", None])
@pytest.mark.parametrize("seed", range(40))
def test_any_stream(jobtype: str | None, seed: int) -> None:
    rng = random.Random(f"{jobtype} {seed}")
    kinds = WMS if rng.random() < 0.5 else list(EVENT_TYPES)
    events = [any_event(rng, kinds) for _ in range(rng.randrange(1, 25))]
    if jobtype is not None:
        data: dict[str, Value] = {"jobtype": str(jobtype), "ns": "n", "nsubjobs": 2}
        events.append(Event("RegJob", START, JOB, "UserInterface", code(rng), data=data))
    expected = replay(events)
    for _ in range(3):
        assert arrived(disturbed(rng, events)).memory == expected
    progress = recompute(events)
    assert read_progress(json.loads(json.dumps(progress_data(progress)))) == progress
    assert parse_page(job_text(expected.status))["Job"] == expected.status.job_id
    assert replay([parse_line(write_line(event)) for event in events]) == expected
