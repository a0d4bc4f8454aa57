"""Events as text: the quick way writes what the plain way writes."""

from __future__ import annotations

import json
import random

from gridwms.jobs.codec import event_data, event_text
from gridwms.jobs.events import Delivered, Matched, Registered
from tests.jobs.histories import run


def test_the_text_of_an_event_is_its_data_as_json() -> None:
    odd = 'a "quoted" \\ name\n\u00e9\ud83d\ude00'
    events = [event for seed in range(200) for event in run(random.Random(seed))[1]]
    fixed = {
        "owner": odd,
        "vo": "",
        "description": "d",
        "match_class": "c",
        "retry_count": 0,
        "shallow_retry_count": -1,
    }
    events += [Registered(key="k", time=1.0, expires_at=time, **fixed) for time in (None, 1.5, 2)]  # type: ignore[arg-type]
    events.append(Delivered(id="x", time=1.0, attempt=1, receipt=odd))
    matched = {"id": "d1", "time": 1.0, "attempt": 2, "site": odd, "ce": "c", "considered": 1, "matching": 1}
    events += [Matched(rank=rank, **matched) for rank in (None, 1, 1.0, True, -2.5e300)]  # type: ignore[arg-type]
    for event in events:
        assert event_text(event) == json.dumps(event_data(event), separators=(",", ":"))
