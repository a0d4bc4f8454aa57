"""Credentials that users delegated."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from gridwms.store.tables.metadata import Time, metadata

delegations = Table(
    "delegations",
    metadata,
    Column("owner", String(1024), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("kind", String(5), primary_key=True),
    Column("handle", String(22), nullable=False),
    Column("request_key", LargeBinary),
    Column("requested_at", Time),
    Column("credential", LargeBinary),
    Column("vo", String(255), nullable=False),
    Column("fqans", Text, nullable=False),
    Column("begins", Time),
    Column("ends", Time),
    Column("attributes_end", Time),
    Column("serial", Integer, nullable=False),
    Column("source", String(512), nullable=False),
    Column("renew_at", Time),
    Column("renewed_at", Time),
    Column("tried_at", Time),
    Column("tries", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
)
"""`kind`: proxy or token. `handle`: stands for owner and name where both are too long. `request_key`: of a request that
was given out and not answered yet; `credential`: the proxy's file, or the tokens; both sealed.

`fqans`: JSON, the primary one first. `ends`: of the chain; `attributes_end`: of its VOMS attributes. `serial`: grows
with each new credential. `source`: from where it is renewed, "" from nowhere; `renew_at`: when that is due; `tried_at`,
`tries`, `trouble`: the last try, how many failed one after the other, and how.
"""
Index("ix_delegations_ends", delegations.c.ends)
Index("ix_delegations_renew_at", delegations.c.renew_at)
Index("ix_delegations_handle", delegations.c.handle)
