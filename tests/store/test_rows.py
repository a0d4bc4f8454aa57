"""Jobs, events and outbox survive the way into the database and back, whatever their history."""

from __future__ import annotations

import random

from gridwms.jobs.codec import form_of
from gridwms.jobs.cohorts import Member, Moved
from gridwms.jobs.effects import Deliver, Withdraw
from gridwms.jobs.job import Job
from gridwms.jobs.rebuild import rebuild
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import outbox
from gridwms.store.database import Database
from tests.jobs.histories import run


def test_histories_come_back_as_they_were(database: Database) -> None:
    for seed in range(150):
        job, history = run(random.Random(seed))
        key = f"{seed:022d}"
        plain = job._replace(key=key, attempts=())

        def work(connection: object, plain: Job = plain, history: list = history, key: str = key) -> None:  # type: ignore[type-arg]
            number = rows.add(connection, [plain])[key]  # type: ignore[arg-type]
            log.append(connection, [(number, event, form_of(event, None)) for event in history], 1.5)  # type: ignore[arg-type]
            full = job._replace(key=key)  # noqa: B023
            rows.save(connection, [Moved(plain, full, [Member(number, full)])])  # type: ignore[arg-type]

        database.write(work)
        stored = database.read(lambda c, key=key: rows.load(c, [key]))[key][1]
        logged = [one.event for one in database.read(lambda c, key=key: log.of_job(c, key))]
        assert logged == history
        rebuilt = rebuild(logged)
        assert rebuilt is not None
        assert (stored.state, stored.attempts, stored.reason) == (rebuilt.state, rebuilt.attempts, rebuilt.reason)


def test_known_events_are_found(database: Database) -> None:
    job, history = run(random.Random(3))

    def work(connection: object) -> int:
        number = rows.add(connection, [job])[job.key]  # type: ignore[arg-type]
        log.append(connection, [(number, event, form_of(event, None)) for event in history], 1.0)  # type: ignore[arg-type]
        return number

    number = database.write(work)
    asked = {(number, history[0].id), (number, "other"), (number + 1, history[0].id)}
    assert database.read(lambda c: log.known(c, asked)) == {(number, history[0].id)}


def test_the_outbox_keeps_order_tries_and_one_of_a_kind(database: Database) -> None:
    job, _history = run(random.Random(3))
    number = database.write(lambda c: rows.add(c, [job])[job.key])
    effects = [([number], Deliver(1, "s")), ([number], Withdraw(1, "s")), ([number], Deliver(1, "s"))]
    database.write(lambda c: outbox.put(c, effects, 5.0))
    assert database.read(lambda c: outbox.due(c, "s", 4.9, 10)) == []
    tasks = database.read(lambda c: outbox.due(c, "s", 5.0, 10))
    assert [(t.kind, t.key, t.attempt, t.tries) for t in tasks] == [
        ("deliver", job.key, 1, 0),
        ("withdraw", job.key, 1, 0),
    ]
    database.write(lambda c: outbox.begin(c, [tasks[0].number]))
    database.write(lambda c: outbox.postpone(c, [tasks[0].number], 9.0))
    database.write(lambda c: outbox.done(c, [tasks[1].number]))
    assert database.read(lambda c: outbox.next_due(c, "s")) == 9.0
    assert [t.tries for t in database.read(lambda c: outbox.due(c, "s", 9.0, 10))] == [1]
