"""When sites are given no new jobs: operators' drains and downtimes."""

from sqlalchemy import Column, String, Table, Text

from gridwms.store.tables.metadata import Number, Time, metadata

closures = Table(
    "closures",
    metadata,
    Column("number", Number, primary_key=True),
    Column("site", String(255), nullable=False),
    Column("begins", Time, nullable=False),
    Column("ends", Time),
    Column("reason", Text, nullable=False),
    Column("made_by", String(255), nullable=False),
    Column("made_at", Time, nullable=False),
)
"""`ends` None: until somebody resumes the site."""
