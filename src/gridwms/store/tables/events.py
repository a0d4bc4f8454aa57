"""The event log: the truth about every job. `cursor` orders events by arrival over all jobs.

An event is about a job or about a compound. How nodes begin is in `node_lists`; the cursors of
those events are left free.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from gridwms.store.tables.metadata import Number, Time, metadata

events = Table(
    "events",
    metadata,
    Column("cursor", Number, primary_key=True),
    Column("job", Number, ForeignKey("jobs.number")),
    Column("compound", Number, ForeignKey("compounds.number")),
    Column("id", Text, nullable=False),
    Column("type", String(20), nullable=False),
    Column("source", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("time", Time, nullable=False),
    Column("arrived", Time, nullable=False),
    Column("data", Text, nullable=False),
    Column("state", String(10)),
    Column("done_code", String(10)),
    UniqueConstraint("job", "id"),
    sqlite_autoincrement=True,
)
"""`state`, `done_code`: where the job was after the event, when that was somewhere else than before."""
_of_compound = text("compound IS NOT NULL")
Index(
    "ix_events_compound",
    events.c.compound,
    events.c.id,
    unique=True,
    sqlite_where=_of_compound,
    postgresql_where=_of_compound,
)
