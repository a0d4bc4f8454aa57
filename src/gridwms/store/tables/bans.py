"""Who may do nothing here for now: users, VOs and groups that an operator has banned."""

from sqlalchemy import Column, String, Table, Text

from gridwms.store.tables.metadata import Time, metadata

bans = Table(
    "bans",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("made_by", String(255), nullable=False),
    Column("since", Time, nullable=False),
    Column("ends", Time),
)
"""`ends` None: until it is lifted."""
