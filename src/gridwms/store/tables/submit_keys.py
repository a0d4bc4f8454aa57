"""Keys that clients gave to their submissions, so that one sent again is answered and not done again."""

from sqlalchemy import Column, Index, String, Table, Text

from gridwms.store.tables.metadata import Time, metadata

submit_keys = Table(
    "submit_keys",
    metadata,
    Column("owner", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("contents", String(43), nullable=False),
    Column("answers", Text, nullable=False),
    Column("made_at", Time, nullable=False),
)
"""`contents`: the digest of what was sent. `answers`: JSON: a job's key a description, null where it was refused."""
Index("ix_submit_keys_made_at", submit_keys.c.made_at)
