"""The migrations make exactly the tables of the code."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from gridwms.store.migrate import migrate
from gridwms.store.tables import metadata


def test_migrations_and_tables_agree(url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_partial_indexes_are_made_partial(tmp_path: Path) -> None:
    """The comparison above does not see the condition of an index; without it every job would cost an entry."""
    engine = create_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    migrate(engine)
    made = {
        index["name"]: index.get("dialect_options", {}).get("sqlite_where") is not None
        for table in ("jobs", "attempts")
        for index in inspect(engine).get_indexes(table)
    }
    assert made == {
        "ix_jobs_waiting": True,
        "ix_jobs_owner": True,
        "ix_jobs_expiry": True,
        "ix_jobs_unmatched_owner": True,
        "ix_jobs_timed": True,
        "ix_jobs_cancelling": True,
        "ix_jobs_delegated": True,
        "ix_jobs_purged": True,
        "ix_jobs_description": True,
        "ix_jobs_node_ready": True,
        "ix_jobs_node_doomed": True,
        "ix_jobs_node_name": True,
        "ix_attempts_present": True,
    }
