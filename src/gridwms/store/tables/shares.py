"""Who is charged for jobs, what they hold at sites and have used, and what holds their jobs back.

`holdings` follows from the events of attempts (`gridwms.jobs.charges`) and is changed in their transaction.
"""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, String, Table, Text, text

from gridwms.store.tables.metadata import Time, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("vo", String(255), nullable=False),
    Column("fqan", String(255), nullable=False),
    Column("owner", String(255), nullable=False),
)

holdings = Table(
    "holdings",
    metadata,
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("site", String(255), primary_key=True),
    Column("queued", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("usage", Double, nullable=False),
    Column("at", Time, nullable=False),
    sqlite_with_rowid=False,
)
"""`usage`: slot seconds, faded until `at`; since then it has grown by what `slots` do."""
HELD = text("(queued > 0 OR running > 0)")
Index("ix_holdings_held", holdings.c.account, sqlite_where=HELD, postgresql_where=HELD)
Index("ix_holdings_at", holdings.c.at)

holds = Table(
    "holds",
    metadata,
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("match_class", String(43), primary_key=True),
    Column("since", Time, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Why the waiting jobs of an account in a class are held back, where that is not for their class (see `verdicts`)."""
