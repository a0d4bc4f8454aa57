"""Subscriptions: who wants to be told of which events, where, and how far that has come."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from gridwms.store.tables.metadata import Number, Time, metadata

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", String(22), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("target", Text, nullable=False),
    Column("filter", Text, nullable=False),
    Column("whose", String(255)),
    Column("every", Time, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("cursor", Number, nullable=False),
    Column("delivered_at", Time),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Time),
    Column("next_at", Time),
    Column("error", Text, nullable=False),
    Column("paused_at", Time),
    UniqueConstraint("key"),
)
"""`filter`: JSON, names with values. `whose`: the owner of the jobs; None: anybody's. `cursor`: all up to it was told.
`next_at`: no try before. `error`: what the last try said. The secret of a webhook is not kept: it is made of the
server's secret and the key."""
Index("ix_subscriptions_owner", subscriptions.c.owner, subscriptions.c.number)
