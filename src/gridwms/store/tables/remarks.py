"""What users said about jobs, as it counts now: tags and access lists. Made of the events, and can be made again.

`job` is the row number of a job; that of a compound stands there negated, for its first node has the same.
"""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from gridwms.store.tables.metadata import Number, Time, metadata

job_tags = Table(
    "job_tags",
    metadata,
    Column("job", Number, primary_key=True, autoincrement=False),
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
    Column("search", String(500), nullable=False),
    Column("time", Time, nullable=False),
    Column("id", Text, nullable=False),
)
"""`search`: the beginning of the value, which is what an index holds. `time`, `id`: of the event that said it last."""
Index("ix_job_tags_search", job_tags.c.name, job_tags.c.search)

job_access = Table(
    "job_access",
    metadata,
    Column("job", Number, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True),
    Column("id_type", String(5), nullable=False),
    Column("who", String(255), nullable=False),
    Column("permission", String(10), nullable=False),
    Column("allow", Boolean, nullable=False),
)
"""Access lists: the entries of a job in the order in which they were added."""
Index("ix_job_access_who", job_access.c.who)
