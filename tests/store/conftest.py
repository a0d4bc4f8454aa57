from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.sqlite(tmp_path / "gridwms.sqlite")
    yield opened
    opened.close()
