"""Brings the schema of a database up to date by the migrations that ship with this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

_MIGRATIONS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The database was made by a newer version of gridwms: it is left alone."""


class OlderSchema(Exception):
    """The database was made by an older version of gridwms, and was only to be looked at."""


class NotOurs(Exception):
    """The database is another program's: it is left alone."""


def migrate(engine: Engine, *, upgrade: bool = True) -> None:
    """Run the missing migrations. Raises NewerSchema, NotOurs; OlderSchema instead of changing anything."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current is None and (others := inspect(engine).get_table_names()):
        raise NotOurs(
            f"The database has tables of another program ('{others[0]}'): give gridwms a database of its own "
            "([service] database, or another --data)."
        )
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise NewerSchema(
            f"The database has the schema '{current}', which this version does not know: "
            "start the version of gridwms that made it, or a newer one."
        )
    if not upgrade:
        raise OlderSchema("The database was made by an older version: 'gridwms serve' brings it up to date.")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
