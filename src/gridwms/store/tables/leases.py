"""Which instance of the service does what only one may do at a time: drive a site, match, expire."""

from sqlalchemy import Column, String, Table

from gridwms.store.tables.metadata import Time, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Time, nullable=False),
)
