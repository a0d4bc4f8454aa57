"""Compound jobs: their own rows, the lists of their nodes, how many nodes are in which state, who waits for whom.

Node `n` of the compound with row number `c` is the job with row number `c + n`: the numbers of its nodes are reserved
when it is registered, and the first of them is its own. So jobs and compounds have one order.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from gridwms.store.tables.metadata import Number, Time, metadata

compounds = Table(
    "compounds",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("key", String(22), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("vo", String(255), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("description", String(43), nullable=False),
    Column("nodes", Integer, nullable=False),
    Column("max_running", Integer, nullable=False),
    Column("shared", Text, nullable=False),
    Column("user_tags", Text, nullable=False),
    Column("submitted_at", Time, nullable=False),
    Column("started_at", Time),
    Column("state", String(10), nullable=False),
    Column("state_since", Time, nullable=False),
    Column("done_code", String(10)),
    Column("reason", Text),
    Column("decisions", Integer, nullable=False),
    Column("cancel_requested_at", Time),
    Column("priority", Integer, nullable=False),
    UniqueConstraint("key"),
)
Index("ix_compounds_owner", compounds.c.owner, compounds.c.number)
Index("ix_compounds_state", compounds.c.state, compounds.c.state_since)

node_lists = Table(
    "node_lists",
    metadata,
    Column("compound", Number, ForeignKey("compounds.number"), primary_key=True, autoincrement=False),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("before", Number, nullable=False),
    Column("data", Text, nullable=False),
)
"""Part of the event log: which nodes a compound was registered with. `before`: how many first events the nodes of
the lists before this one have."""

node_counts = Table(
    "node_counts",
    metadata,
    Column("compound", Number, ForeignKey("compounds.number"), primary_key=True, autoincrement=False),
    Column("state", String(10), primary_key=True),
    Column("done_code", String(10), primary_key=True),
    Column("failed", Boolean, primary_key=True),
    Column("nodes", Integer, nullable=False),
)
"""Exact at every commit. `done_code`: "" for none."""

edges = Table(
    "edges",
    metadata,
    Column("parent", Number, primary_key=True, autoincrement=False),
    Column("child", Number, primary_key=True, autoincrement=False),
    Column("weak", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""Row numbers of jobs: `child` waits for `parent`. `weak`: also when that failed."""

node_tasks = Table(
    "node_tasks",
    metadata,
    Column("compound", Number, ForeignKey("compounds.number"), primary_key=True, autoincrement=False),
    Column("kind", String(10), primary_key=True),
    Column("by", String(255), nullable=False),
    Column("reason", Text),
    Column("next", Number, nullable=False),
)
"""What is still to be done to the nodes of a compound, written in the transaction that decided it.

`next`: the row number of the first node that it has not reached yet.
"""
