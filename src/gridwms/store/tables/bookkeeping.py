"""Jobs of other systems as their L&B events make them: the events as lines, and a projection that can be made again.

Times in columns of these tables are microseconds since the epoch, as in L&B. Texts in indexed columns are cut, since
PostgreSQL indexes no long ones; `progress` and the lines have them whole.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from gridwms.bookkeeping.query.conditions import STATE_TIMES
from gridwms.store.tables.metadata import Number, metadata

lb_jobs = Table(
    "lb_jobs",
    metadata,
    Column("number", Number, primary_key=True),
    Column("jobid", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("owner", Text),
    Column("status", Integer, nullable=False),
    Column("location", Text),
    Column("destination", Text),
    Column("donecode", Integer),
    Column("resubmitted", Integer),
    Column("parent_job", Text),
    Column("exitcode", BigInteger),
    Column("stateentertime", BigInteger),
    Column("lastupdatetime", BigInteger),
    Column("networkserver", Text),
    Column("jobtype", Integer),
    Column("vm_status", String(20)),
    *(Column(f"entered_{state}", BigInteger) for state in STATE_TIMES),
    Column("progress", Text, nullable=False),
    Column("seen", Number, nullable=False),
    Column("children", Text),
    Column("access", Text),
    UniqueConstraint("jobid"),
)
"""`jobtype` null: the job is not registered yet, and not shown. `progress`: how far the state machine has come, with
all events up to the number `seen`. `children`: how many children of a parent are known in which state. `access`: the
access list."""
Index("ix_lb_jobs_owner", lb_jobs.c.owner, lb_jobs.c.number)
Index("ix_lb_jobs_updated", lb_jobs.c.lastupdatetime)
Index("ix_lb_jobs_parent", lb_jobs.c.parent_job, sqlite_where=lb_jobs.c.parent_job.is_not(None))
Index("ix_lb_jobs_destination", lb_jobs.c.destination, lb_jobs.c.number)

lb_events = Table(
    "lb_events",
    metadata,
    Column("number", Number, primary_key=True),
    Column("job", Number, ForeignKey("lb_jobs.number"), nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("arrived", BigInteger, nullable=False),
    Column("type", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("source", String(20), nullable=False),
    Column("host", Text),
    Column("instance", Text),
    Column("name", Text),
    Column("value", Text),
    Column("line", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""`name` and `value`: of a user tag, the name in lower case; of a checkpoint its tag as `value`."""
Index("ix_lb_events_job", lb_events.c.job, lb_events.c.number)
Index("ix_lb_events_timestamp", lb_events.c.timestamp)

lb_pending = Table(
    "lb_pending",
    metadata,
    Column("job", Number, ForeignKey("lb_jobs.number"), primary_key=True),
)
"""Jobs with events that their rows do not know yet."""

lb_tags = Table(
    "lb_tags",
    metadata,
    Column("job", Number, ForeignKey("lb_jobs.number"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""User tags as they count now; names in lower case."""
Index("ix_lb_tags_value", lb_tags.c.name, lb_tags.c.value)
