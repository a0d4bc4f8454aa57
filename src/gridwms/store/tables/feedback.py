"""What was measured of computing elements, which of them are left alone for a while, and how far the log was read."""

from sqlalchemy import Column, Double, Index, Integer, String, Table, Text, text

from gridwms.store.tables.metadata import Number, Time, metadata

figures = Table(
    "figures",
    metadata,
    Column("span", Integer, primary_key=True),
    Column("begins", Time, primary_key=True),
    Column("ce", Text, primary_key=True),
    Column("vo", String(255), primary_key=True),
    Column("owner", String(255), primary_key=True),
    Column("kind", String(50), primary_key=True),
    Column("site", String(255), nullable=False),
    Column("good", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("other", Integer, nullable=False),
    Column("zero", Integer, nullable=False),
    Column("quick", Integer, nullable=False),
    Column("started", Integer, nullable=False),
    Column("queued", Integer, nullable=False),
    Column("queue_seconds", Double, nullable=False),
    Column("response_seconds", Double, nullable=False),
    Column("run_seconds", Double, nullable=False),
)
"""Counts and sums of a stretch of `span` seconds: of minutes by computing element alone (`vo`, `owner` and `kind` are
empty), of hours by class of jobs. `good`: attempts whose wrapper came to its end; of these `zero` had payloads with
exit code 0, and `quick` payloads that failed at once. `bad`: failed by the site's fault; `other`: failed otherwise.
`queued`: how many of those that `started` the queue time is known of."""

queue_times = Table(
    "queue_times",
    metadata,
    Column("begins", Time, primary_key=True),
    Column("ce", Text, primary_key=True),
    Column("up_to", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How many attempts waited in the queue of a computing element for up to so many seconds (and longer than the next
smaller limit), by hour."""

standings = Table(
    "standings",
    metadata,
    Column("ce", Text, primary_key=True),
    Column("site", String(255), nullable=False),
    Column("good", Double, nullable=False),
    Column("bad", Double, nullable=False),
    Column("why", Text, nullable=False),
    Column("opened_at", Time),
    Column("pause", Double, nullable=False),
    Column("changed_at", Time, nullable=False),
)
"""The circuit breakers of computing elements: `good` and `bad` are what is remembered of the last outcomes, `why`
is the last failure; `opened_at` None: the element is believed."""
OPENED = text("opened_at IS NOT NULL")
Index("ix_standings_opened", standings.c.ce, sqlite_where=OPENED, postgresql_where=OPENED)

silences = Table(
    "silences",
    metadata,
    Column("site", String(255), primary_key=True),
    Column("since", Time, nullable=False),
    Column("why", Text, nullable=False),
)
"""Sites that do not answer, told by the instance that drives them."""

log_readers = Table(
    "log_readers",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("cursor", Number, nullable=False),
)
"""How far somebody who makes something of the event log has read it."""
