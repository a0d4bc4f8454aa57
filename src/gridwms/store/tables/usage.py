"""What each user keeps in the sandboxes of the service: counted as files come and go, not by looking at the disk."""

from sqlalchemy import BigInteger, Column, String, Table

from gridwms.store.tables.metadata import metadata

usage = Table(
    "usage",
    metadata,
    Column("owner", String(255), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("files", BigInteger, nullable=False),
)
