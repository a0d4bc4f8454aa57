"""Equal jobs of one request are written from one form: each is what its own events make of it."""

from __future__ import annotations

from gridwms.flow.audit import audit
from gridwms.flow.status import list_jobs
from gridwms.flow.submit import register
from gridwms.jobs.events import Accepted, Registered
from gridwms.jobs.states import State
from gridwms.store import events as log
from tests.flow.conftest import Stage


def test_many_equal_jobs_among_others(stage: Stage) -> None:
    texts = [
        b'[Executable = "/bin/true";]',
        b'[Executable = "/bin/false"; RetryCount = 2;]',
        b'[Executable = "run"; InputSandbox = {"run"};]',
    ]
    answers = register(stage.world, 'ann "key":""', "", texts * 30)
    keys = [answer.key for answer in answers if answer.key]
    assert len(set(keys)) == 90
    assert list(audit(stage.world.database)) == []
    page = list_jobs(stage.world, owner=None, limit=100)
    assert [job.key for job in page.jobs] == keys[::-1]
    for place, key in enumerate(keys):
        events = [one.event for one in stage.world.database.read(lambda c, key=key: log.of_job(c, key))]  # type: ignore[misc]
        first = events[0]
        assert isinstance(first, Registered)
        assert (first.key, first.owner) == (key, 'ann "key":""')
        assert [type(event) for event in events] == [Registered, Accepted][: 1 if place % 3 == 2 else 2]
        assert stage.job(key).state is (State.SUBMITTED if place % 3 == 2 else State.WAITING)
