"""What the loops ask again and again goes by an index: it must cost the same with a million jobs waiting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from gridwms.jobs.states import State
from gridwms.store import due, listing, outbox, present
from gridwms.store import jobs as rows
from gridwms.store.database import Database

ASKED: dict[str, Callable[[Connection], object]] = {
    "classes": lambda c: listing.waiting_lines(c, 10),
    "of a class": lambda c: listing.waiting_of(c, listing.Line("class", 1, 0, 1, 1), 10),
    "expired": lambda c: due.expired(c, 1.0, 10),
    "undelivered": lambda c: due.since(c, State.READY, 1.0, 10),
    "old": lambda c: due.since(c, State.DONE, 1.0, 10),
    "cancelling": lambda c: due.cancelling(c, 1.0, 10),
    "at a site": lambda c: present.at_site(c, "site"),
    "errands": lambda c: outbox.due(c, "site", 1.0, 10),
    "next errand": lambda c: outbox.next_due(c, "site"),
    "by key": lambda c: rows.load(c, ["key"]),
    "mine": lambda c: listing.numbers(c, "me", [State.WAITING], None, 10),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_table_is_read_through(name: str, tmp_path: Path) -> None:
    database = Database.sqlite(tmp_path / "a.sqlite")
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "EXPLAIN")):
            asked.append((statement, parameters))

    event.listen(database._engine, "before_cursor_execute", note)
    database.read(ASKED[name])
    assert asked
    for statement, parameters in asked:
        plan = database.read(
            lambda c, s=statement, p=parameters: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all()  # type: ignore[misc]
        )
        steps = [row[3] for row in plan]
        assert [s for s in steps if s.startswith(("SCAN jobs", "SCAN attempts", "SCAN outbox", "SCAN events"))] == []
    database.close()
