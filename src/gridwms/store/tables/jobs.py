"""Jobs, their attempts, and what equal jobs share: descriptions and match classes.

The rows of `jobs` and `attempts` are a projection of `events` and can be made again from them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gridwms.store.tables.metadata import Number, Time, metadata

descriptions = Table(
    "descriptions",
    metadata,
    Column("digest", String(43), primary_key=True),
    Column("jdl", Text, nullable=False),
)

description_tags = Table(
    "description_tags",
    metadata,
    Column("digest", String(43), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("search", String(500), nullable=False),
)
"""The user tags of descriptions, to search for; names in lower case, `search`: the beginning of the value."""
Index("ix_description_tags_search", description_tags.c.name, description_tags.c.search)

match_classes = Table(
    "match_classes",
    metadata,
    Column("digest", String(43), primary_key=True),
    Column("ad", Text, nullable=False),
)
"""`ad`: all that matching may read of the jobs of the class, Requirements and Rank among it."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("number", Number, primary_key=True),
    Column("match_class", String(43), nullable=False),
    Column("since", Time, nullable=False),
    Column("reason", Text),
    Column("explanation", Text, nullable=False),
)
"""Why the jobs of a class wait: a row when the answer changes, never a row a job. No reason: it found a place."""
Index("ix_verdicts_class", verdicts.c.match_class, verdicts.c.number)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", String(22), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("vo", String(255), nullable=False),
    Column("description", String(43), nullable=False),
    Column("match_class", String(43), nullable=False),
    Column("retry_count", Integer, nullable=False),
    Column("shallow_retry_count", Integer, nullable=False),
    Column("submitted_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("state", String(10), nullable=False),
    Column("state_since", Time, nullable=False),
    Column("done_code", String(10)),
    Column("reason", Text),
    Column("exit_code", Integer),
    Column("decisions", Integer, nullable=False),
    Column("deep_count", Integer, nullable=False),
    Column("shallow_count", Integer, nullable=False),
    Column("cancel_requested_at", Time),
    Column("memory_mb", Integer),
    Column("avoids", Text),
    Column("parent", Number),
    Column("node_name", Text),
    Column("value", Text),
    Column("blockers", Integer),
    Column("broken", Integer),
    Column("account", BigInteger, nullable=False),
    Column("fqan", String(255)),
    Column("priority", Integer, nullable=False),
    Column("delegation", String(255)),
    UniqueConstraint("key"),
)
"""Of nodes alone: `parent` (the row number of its compound) to `broken`. `blockers`: how many nodes it still waits for.
`broken`: how many of those that it needs have failed. Both are None where nodes are not let go one by one."""

WAITING = text("state = 'WAITING'")
Index(
    "ix_jobs_waiting",
    jobs.c.match_class,
    jobs.c.account,
    jobs.c.priority,
    jobs.c.number,
    jobs.c.state,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
_single = text("parent IS NULL")
Index("ix_jobs_owner", jobs.c.owner, jobs.c.number, sqlite_where=_single, postgresql_where=_single)
UNMATCHED = text("state IN ('SUBMITTED', 'WAITING')")
Index("ix_jobs_expiry", jobs.c.expires_at, sqlite_where=UNMATCHED, postgresql_where=UNMATCHED)
Index("ix_jobs_unmatched_owner", jobs.c.owner, sqlite_where=UNMATCHED, postgresql_where=UNMATCHED)
TIMED = text(
    "(state = 'READY' OR (parent IS NULL AND state IN ('SUBMITTED', 'DONE', 'CLEARED', 'ABORTED', 'CANCELLED')))"
)
Index("ix_jobs_timed", jobs.c.state, jobs.c.state_since, sqlite_where=TIMED, postgresql_where=TIMED)
CANCELLING = text("cancel_requested_at IS NOT NULL AND state IN ('READY', 'SCHEDULED', 'RUNNING')")
Index("ix_jobs_cancelling", jobs.c.cancel_requested_at, sqlite_where=CANCELLING, postgresql_where=CANCELLING)
"""Conditions of partial indexes, word for word: SQLite takes such an index only for a query that says the same."""
DELEGATED = text("delegation IS NOT NULL AND state IN ('SUBMITTED', 'WAITING', 'READY', 'SCHEDULED', 'RUNNING')")
Index(
    "ix_jobs_delegated",
    jobs.c.owner,
    jobs.c.delegation,
    jobs.c.state,
    jobs.c.number,
    sqlite_where=DELEGATED,
    postgresql_where=DELEGATED,
)
PURGED = text("state = 'PURGED' AND parent IS NULL")
Index("ix_jobs_purged", jobs.c.state_since, sqlite_where=PURGED, postgresql_where=PURGED)
Index("ix_jobs_description", jobs.c.description, sqlite_where=_single, postgresql_where=_single)
NODE_READY = text("state = 'SUBMITTED' AND blockers = 0 AND broken = 0")
Index("ix_jobs_node_ready", jobs.c.parent, jobs.c.number, sqlite_where=NODE_READY, postgresql_where=NODE_READY)
NODE_DOOMED = text("state = 'SUBMITTED' AND broken > 0")
Index("ix_jobs_node_doomed", jobs.c.parent, jobs.c.number, sqlite_where=NODE_DOOMED, postgresql_where=NODE_DOOMED)
_one_by_one = text("blockers IS NOT NULL")
Index("ix_jobs_node_name", jobs.c.parent, jobs.c.node_name, sqlite_where=_one_by_one, postgresql_where=_one_by_one)

attempts = Table(
    "attempts",
    metadata,
    Column("job", Number, ForeignKey("jobs.number"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("site", String(255), nullable=False),
    Column("ce", Text, nullable=False),
    Column("matched_at", Time, nullable=False),
    Column("receipt", Text),
    Column("delivered_at", Time),
    Column("refusal", Text),
    Column("refused_at", Time),
    Column("running_at", Time),
    Column("node", Text, nullable=False),
    Column("node_rank", Integer),
    Column("node_time", Time),
    Column("payload_at", Time),
    Column("instance", Text, nullable=False),
    Column("outcome_at", Time),
    Column("outcome_exit_code", Integer),
    Column("outcome_failure", Text),
    Column("departed_at", Time),
    Column("departure_kind", String(10)),
    Column("departure_exit_code", Integer),
    Column("departure_reason", Text),
    Column("over", Boolean, nullable=False),
    Column("slots", Integer, nullable=False),
    sqlite_with_rowid=False,
)
PRESENT = text("departed_at IS NULL AND refused_at IS NULL")
Index("ix_attempts_present", attempts.c.site, attempts.c.job, sqlite_where=PRESENT, postgresql_where=PRESENT)
