"""Resources that sites and pilots hand in."""

from sqlalchemy import Column, Index, String, Table, Text

from gridwms.store.tables.metadata import Time, metadata

offers = Table(
    "offers",
    metadata,
    Column("source", String(255), primary_key=True),
    Column("name", String(1000), primary_key=True),
    Column("offered_by", String(255), nullable=False),
    Column("ad", Text, nullable=False),
    Column("told_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Index("ix_offers_expires_at", "expires_at"),
)
"""`name`: the id of the resource in the market."""
