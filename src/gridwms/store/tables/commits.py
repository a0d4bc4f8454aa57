"""The last commit of each writer on a shared database, by which one asks after a broken line whether it was made."""

from sqlalchemy import Column, String, Table

from gridwms.store.tables.metadata import Number, Time, metadata

commits = Table(
    "commits",
    metadata,
    Column("writer", String(64), primary_key=True),
    Column("number", Number, nullable=False),
    Column("time", Time, nullable=False),
)
