"""Statements over many rows write and find exactly the rows that are meant, on both engines."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from gridwms.store import bulk
from gridwms.store.database import Database
from gridwms.store.tables import attempts, holdings

COUNT = 300


def some(rng: random.Random) -> list[int]:
    """Numbers in spans and alone, in any order."""
    found = {number for number in range(COUNT) if rng.random() < 0.1}
    for _ in range(rng.randint(0, 3)):
        begin = rng.randrange(COUNT)
        found |= set(range(begin, min(COUNT, begin + rng.randint(1, 150))))
    return rng.sample(sorted(found), len(found))


def held(connection: Connection) -> dict[int, tuple[int, int, float]]:
    rows = connection.execute(holdings.select().where(holdings.c.site == "s"))
    return {row.account: (row.queued, row.running, row.usage) for row in rows}


def fill(connection: Connection) -> None:
    same, shared = ("queued", "running", "slots", "usage", "at"), (1, 2, 3, 4.0, 5.0)
    for site in "st":
        columns = [range(COUNT), [site] * COUNT]
        bulk.insert_like(connection, "holdings", same, shared, ("account", "site"), columns)


@pytest.mark.parametrize("seed", range(6))
def test_only_what_is_named_changes(seed: int, database: Database) -> None:
    rng = random.Random(seed)
    database.write(fill)
    expected = dict.fromkeys(range(COUNT), (1, 2, 4.0))
    assert database.read(held) == expected
    for round_ in range(4):
        equal, own = some(rng), some(rng)

        def work(connection: Connection, equal: list[int] = equal, own: list[int] = own, round_: int = round_) -> None:
            bulk.update_equal(connection, "holdings", ("queued",), (round_,), equal, "account", ("slots", 3))
            values = [[100 * round_ + number for number in own]]
            where = "slots", 3
            bulk.update_like(connection, "holdings", ("usage",), (0.5,), ("running",), values, own, "account", where)

        database.write(work)
        for number in equal:
            expected[number] = round_, *expected[number][1:]
        for number in own:
            expected[number] = expected[number][0], 100 * round_ + number, 0.5
        assert database.read(held) == expected
    asked = some(rng)
    statement = "SELECT account FROM holdings WHERE site = 's' AND account {among}"
    assert sorted(row[0] for row in database.read(lambda c: bulk.select(c, statement, asked))) == sorted(asked)
    gone = database.write(lambda c: bulk.run_on(c, "DELETE FROM holdings WHERE account {among}", asked))
    assert gone == 2 * len(asked)
    assert database.read(held) == {number: one for number, one in expected.items() if number not in asked}


def test_names_and_what_is_there_already(database: Database) -> None:
    database.write(fill)
    columns = [[COUNT - 1, COUNT], ["s", "s"]]
    same, shared = ("queued", "running", "slots", "usage", "at"), (9, 9, 9, 9.0, 9.0)
    database.write(lambda c: bulk.insert_like(c, "holdings", same, shared, ("account", "site"), columns, missing=True))
    assert database.read(held)[COUNT - 1] == (1, 2, 4.0)
    assert database.read(held)[COUNT] == (9, 9, 9.0)
    found = database.read(lambda c: bulk.select(c, "SELECT site FROM holdings WHERE site {among}", ["s", "none"]))
    assert {row[0] for row in found} == {"s"}


def test_attempts_are_found_by_their_key(tmp_path: Path) -> None:
    database, asked = Database.sqlite(tmp_path / "a.sqlite"), []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if statement.startswith("UPDATE"):
            asked.append((statement, parameters))

    event.listen(database._engine, "before_cursor_execute", note)

    def work(connection: Connection) -> None:
        for numbers in (list(range(100)), [1, 3, 5, 8, 13]):
            own = [[str(number) for number in numbers]]
            where = "number", 1
            bulk.update_like(
                connection, attempts.name, ("delivered_at",), (1.0,), ("receipt",), own, numbers, "job", where
            )
            bulk.update_equal(connection, attempts.name, ("over",), (True,), numbers, "job", where)

    database.write(work)
    assert len(asked) >= 4
    for statement, parameters in asked:
        plan = database.read(lambda c, s=statement, p=parameters: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all())  # type: ignore[misc]
        assert any(row[3].startswith("SEARCH attempts USING PRIMARY KEY (job") for row in plan)
        assert not any(row[3].startswith("SCAN attempts") for row in plan)
    database.close()
