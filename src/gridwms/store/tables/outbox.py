"""The outbox: what is still to be done outside, written in the transaction that decided it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from gridwms.store.tables.metadata import Number, Time, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("number", Number, primary_key=True),
    Column("site", String(255), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("job", Number, ForeignKey("jobs.number"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("due", Time, nullable=False),
    Column("tries", Integer, nullable=False),
    UniqueConstraint("job", "attempt", "kind"),
    sqlite_autoincrement=True,
)
"""`tries` above 0: it was begun before, and may have happened."""
Index("ix_outbox_site", outbox.c.site, outbox.c.due)
