"""Credentials that users delegated."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text

from gridwms.store.tables.metadata import Time, metadata

delegations = Table(
    "delegations",
    metadata,
    Column("owner", String(1024), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("request_key", LargeBinary),
    Column("requested_at", Time),
    Column("credential", LargeBinary),
    Column("vo", String(255), nullable=False),
    Column("fqans", Text, nullable=False),
    Column("begins", Time),
    Column("ends", Time),
    Column("attributes_end", Time),
)
"""`request_key`: of a request that was given out and not answered yet; `credential`: the proxy's file; both sealed.

`fqans`: JSON, the primary one first. `ends`: of the chain; `attributes_end`: of its VOMS attributes.
"""
Index("ix_delegations_ends", delegations.c.ends)
