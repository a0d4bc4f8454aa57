"""The event log: the truth about every job. `cursor` orders events by arrival over all jobs."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from gridwms.store.tables.metadata import Number, Time, metadata

events = Table(
    "events",
    metadata,
    Column("cursor", Number, primary_key=True),
    Column("job", Number, ForeignKey("jobs.number"), nullable=False),
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
