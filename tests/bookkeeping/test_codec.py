"""Progress as plain data: nothing is lost, and a job goes on from it as if it had never been put away."""

from __future__ import annotations

import json
import random

import pytest

from gridwms.bookkeeping.machine.codec import UnreadableProgress, progress_data, read_progress
from gridwms.bookkeeping.machine.order import canonical
from gridwms.bookkeeping.machine.record import Progress, advance
from gridwms.bookkeeping.machine.replay import replay
from tests.bookkeeping import streams


@pytest.mark.parametrize("kind", streams.KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_through_json_after_every_event(kind: str, seed: int) -> None:
    events = streams.KINDS[kind](random.Random(f"{kind} {seed}"))
    progress = Progress()
    for event in canonical(events):
        advanced = advance(progress, event)
        assert advanced is not None
        progress = read_progress(json.loads(json.dumps(progress_data(advanced))))
        assert progress == advanced
        assert progress.memory.status == advanced.memory.status
        assert type(progress.memory.state) is type(advanced.memory.state)
    assert progress.memory == replay(events)


@pytest.mark.parametrize("data", [{}, {"version": 0}, {"version": 1}, {"version": 1, "fields": {"state": "x"}}])
def test_what_cannot_be_read_is_named(data: dict[str, object]) -> None:
    with pytest.raises(UnreadableProgress):
        read_progress(data)
