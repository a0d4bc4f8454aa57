"""What each user keeps in the sandboxes: counted in memory as files come and go, and written down every few seconds.

A crash loses the count of the last seconds; the service measures its sandboxes when it starts.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from gridwms.store import compounds, listing
from gridwms.store import usage as rows
from gridwms.store.database import Database
from gridwms.store.usage import Used


class Usage:
    """Any number of threads may use it. Where instances share a database each sees the others' part at `write_down`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._totals: dict[str, Used] = {}
        self._changes: dict[str, Used] = {}
        self._of_jobs: dict[str, Used] = {}

    def changed(self, key: str, bytes_: int, files: int) -> None:
        """The sandbox of a job grew by this; whose it is is found later."""
        with self._lock:
            self._of_jobs[key] = self._of_jobs.get(key, Used()).plus(Used(bytes_, files))

    def of(self, owner: str) -> Used:
        """What a user keeps now."""
        self._attribute()
        with self._lock:
            return self._totals.get(owner, Used()).plus(self._changes.get(owner, Used()))

    def owners(self) -> list[str]:
        """Everybody who has kept something."""
        self._attribute()
        with self._lock:
            return sorted(self._totals.keys() | self._changes.keys())

    def write_down(self) -> None:
        """Add the changes to the database, and take over what it has then."""
        self._attribute()
        with self._lock:
            changes, self._changes = self._changes, {}

        def work(connection: Connection) -> dict[str, Used]:
            rows.add(connection, changes)
            return rows.load(connection)

        try:
            totals = self._database.write(work) if changes else self._database.read(rows.load)
        except BaseException:
            with self._lock:
                for owner, used in changes.items():
                    self._changes[owner] = self._changes.get(owner, Used()).plus(used)
            raise
        with self._lock:
            self._totals = totals

    def begin(self, measured: Mapping[str, Used]) -> None:
        """Start from what was found on the disk, by job. Beside other instances what was counted stays."""
        if not self._database.shared or not self._database.read(rows.load):
            totals: dict[str, Used] = {}
            owners = self._owners(measured)
            for key, used in measured.items():
                if key in owners:
                    totals[owners[key]] = totals.get(owners[key], Used()).plus(used)
            self._database.write(lambda connection: rows.replace(connection, totals))
        self.write_down()

    def _attribute(self) -> None:
        with self._lock:
            of_jobs, self._of_jobs = self._of_jobs, {}
        if not of_jobs:
            return
        owners = self._owners(of_jobs)
        with self._lock:
            for key, used in of_jobs.items():
                if key in owners:
                    self._changes[owners[key]] = self._changes.get(owners[key], Used()).plus(used)

    def _owners(self, keys: Collection[str]) -> dict[str, str]:
        def read(connection: Connection) -> dict[str, str]:
            return listing.owners(connection, keys) | compounds.owners(connection, keys)

        return self._database.read(read)
