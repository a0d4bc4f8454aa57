"""The cache of the writer never shows what is not in the database."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gridwms.jobs.cohorts import Member, Moved
from gridwms.jobs.job import Job
from gridwms.store import cache as module
from gridwms.store import jobs as rows
from gridwms.store.cache import JobCache
from gridwms.store.database import Database
from tests.jobs.histories import run


def a_job(seed: int) -> Job:
    return run(random.Random(seed))[0]._replace(key=f"{seed:022d}")


def test_what_a_failed_write_changed_is_read_anew(database: Database) -> None:
    job = a_job(5)._replace(attempts=())
    number = database.write(lambda c: rows.add(c, [job])[job.key])

    def fails(connection: Connection) -> None:
        changed = job._replace(deep_count=99)
        rows.save(connection, [Moved(job, changed, [Member(number, changed)])])
        raise KeyError("undone")

    with pytest.raises(KeyError):
        database.write(fails)
    assert database.write(lambda c: rows.load(c, [job.key])) == {job.key: (number, job)}


def test_cached_and_read_jobs_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = Database.sqlite(path)
    jobs = [a_job(seed) for seed in range(80)]
    plain = [job._replace(attempts=()) for job in jobs]
    numbers = first.write(lambda c: rows.add(c, plain))
    after = {job.key: (numbers[job.key], job) for job in jobs}
    moved = [Moved(was, job, [Member(numbers[job.key], job)]) for was, job in zip(plain, jobs, strict=True)]
    first.write(lambda c: rows.save(c, moved))
    cached = first.write(lambda c: rows.load(c, list(after)))
    by_number = first.write(lambda c: rows.load_numbers(c, list(numbers.values())))
    first.close()
    second = Database.sqlite(path)
    assert cached == by_number == second.write(lambda c: rows.load(c, list(after))) == after
    second.close()


def test_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    cache, some = JobCache(), [Member(number, a_job(number)) for number in range(3)]
    for one in some:
        cache.keep([one])
    assert cache.by_number == {1: some[1], 2: some[2]}
    assert list(cache.by_key.values()) == some[1:]
    cache.clear()
    assert not cache.by_number
