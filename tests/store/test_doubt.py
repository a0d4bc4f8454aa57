"""PostgreSQL whose line breaks in a commit, or that dies: what was answered holds, what was not kept is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select, text

from gridwms.store import doubt
from gridwms.store.database import Database, StoreUnavailable
from gridwms.store.errors import InDoubt
from gridwms.store.tables import commits, descriptions
from tests.services import postgresql
from tests.services.line import Line, line


@pytest.fixture
def wire(postgresql_server: postgresql.Server) -> Iterator[Line]:
    with line(postgresql_server.socket) as made:
        yield made


@pytest.fixture
def database(postgresql_server: postgresql.Server, wire: Line) -> Iterator[Database]:
    name = postgresql_server.new_database().split("/")[3].split("?")[0]
    opened = Database(f"postgresql://postgres@127.0.0.1:{wire.port}/{name}")
    yield opened
    opened.close()


def put(database: Database, digest: str) -> None:
    database.write(lambda c: c.execute(insert(descriptions), [{"digest": digest, "jdl": "x"}]) and None)


def digests(database: Database) -> set[str]:
    return set(database.read(lambda c: c.scalars(select(descriptions.c.digest)).all()))


def test_a_commit_whose_answer_was_lost_is_known_to_be_made(database: Database, wire: Line) -> None:
    put(database, "before")
    wire.cut_after = b"COMMIT"
    put(database, "doubtful")
    assert wire.cuts == 1
    assert digests(database) == {"before", "doubtful"}


def test_a_commit_that_did_not_arrive_is_told_and_not_there(database: Database, wire: Line) -> None:
    put(database, "before")
    wire.cut_before = b"COMMIT"
    with pytest.raises(StoreUnavailable, match="connection"):
        put(database, "doubtful")
    assert wire.cuts == 1
    assert digests(database) == {"before"}
    put(database, "doubtful")
    assert digests(database) == {"before", "doubtful"}


def test_nobody_to_ask_is_told_as_doubt(database: Database, wire: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    put(database, "before")
    assert database._commits is not None
    monkeypatch.setattr(database._commits, "_patience", 0.0)
    wire.cut_after = b"COMMIT"
    answers = wire.targets
    wire.targets = [1]  # nobody listens there
    with pytest.raises(InDoubt, match="not known"):
        put(database, "doubtful")
    wire.targets = answers
    assert digests(database) == {"before", "doubtful"}


def test_each_of_many_writes_knows_what_became_of_it(database: Database, wire: Line) -> None:
    """Cut again and again at commits while many write: who was told yes is there, who was told no is not."""

    def write(number: int) -> bool:
        if number % 10 == 0:
            wire.cut_after = b"COMMIT"
        elif number % 10 == 5:
            wire.cut_before = b"COMMIT"
        try:
            put(database, f"d{number}")
        except StoreUnavailable:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(write, range(100)))
    wire.cut_before = wire.cut_after = None
    assert wire.cuts > 5
    assert digests(database) == {f"d{number}" for number, yes in enumerate(told) if yes}


def test_the_server_dies_and_comes_back(postgresql_server: postgresql.Server, database: Database) -> None:
    put(database, "before")
    postgresql_server.crash()
    with pytest.raises(StoreUnavailable, match="see that the database server runs"):
        put(database, "meanwhile")
    with pytest.raises(StoreUnavailable, match="see that the database server runs"):
        digests(database)
    postgresql_server.start()
    put(database, "after")
    assert digests(database) == {"before", "after"}


def test_old_writers_are_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put(database, "one")
    monkeypatch.setattr(doubt, "_KEEP", -1.0)
    second = Database(database._engine.url.render_as_string().replace("+psycopg", ""))
    put(second, "two")
    left = second.read(lambda c: c.scalars(select(commits.c.writer)).all())
    second.close()
    assert len(left) == 0


def test_a_server_that_answers_before_its_disk_is_overruled(postgresql_server: postgresql.Server) -> None:
    url = postgresql_server.new_database()
    postgresql_server.run("psql", "-h", str(postgresql_server.sockets), "-U", "postgres", "-c",
                          "ALTER ROLE postgres SET synchronous_commit = off")  # fmt: skip
    try:
        database = Database(url)
        assert database.read(lambda c: c.execute(text("SHOW synchronous_commit")).scalar()) == "on"
        database.close()
    finally:
        postgresql_server.run("psql", "-h", str(postgresql_server.sockets), "-U", "postgres", "-c",
                              "ALTER ROLE postgres RESET synchronous_commit")  # fmt: skip
