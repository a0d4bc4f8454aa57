"""`gridwms` with a fault, to see that it is found: once, a submission is answered before it is committed."""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future
from pathlib import Path

from gridwms.cli.main import run
from gridwms.store import database
from gridwms.store.database import Database

_SECONDS = 5.0
"""How long the commit comes after the answer: the kill is sooner."""
_mark = Path(sys.argv[sys.argv.index("--data") + 1]) / "answered-early"
_commit = Database._commit


def _answered(unit: database._Unit) -> database._Unit:
    def work(connection: database.Connection) -> object:
        value = unit.work(connection)
        if unit.work.__module__ != "gridwms.flow.submit" or _mark.exists():
            unit.result.set_result(value)
            return value
        _mark.touch()
        unit.result.set_result(value)
        time.sleep(_SECONDS)
        return value

    return database._Unit(work, Future())


def _early(self: Database, units: list[database._Unit]) -> None:
    if any(unit.work.__module__ == "gridwms.flow.submit" for unit in units) and not _mark.exists():
        units = [_answered(unit) for unit in units]
    _commit(self, units)


if __name__ == "__main__":
    Database._commit = _early  # type: ignore[method-assign]
    run()
