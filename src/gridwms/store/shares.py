"""Accounts, what they hold and have used, and why jobs of theirs are held back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from gridwms.jobs.accounts import Account
from gridwms.jobs.charges import Charges, Holding, charged
from gridwms.jobs.reasons import Reason
from gridwms.store.attempts import reason_of, reason_text
from gridwms.store.cache import CACHE, JobCache
from gridwms.store.sets import chunks, insert_missing, upsert
from gridwms.store.tables import accounts, holdings, holds, jobs
from gridwms.store.tables.jobs import WAITING
from gridwms.store.tables.shares import HELD

Key = tuple[int, str]
"""Account and site."""


def put_accounts(connection: Connection, new: Collection[Account]) -> None:
    """Write down who is behind the numbers of accounts, in the transaction that makes their jobs."""
    if new:
        rows = [{"number": one.number, "vo": one.vo, "fqan": one.fqan, "owner": one.owner} for one in new]
        connection.execute(insert_missing(connection, accounts), rows)


def get_accounts(connection: Connection, numbers: Collection[int] | None = None) -> dict[int, Account]:
    """Accounts by number; all without numbers."""
    if numbers is None:
        return {row.number: Account(row.vo, row.fqan, row.owner) for row in connection.execute(select(accounts))}
    found: dict[int, Account] = {}
    for chunk in chunks(numbers):
        rows = connection.execute(select(accounts).where(accounts.c.number.in_(chunk)))
        found |= {row.number: Account(row.vo, row.fqan, row.owner) for row in rows}
    return found


def charge(connection: Connection, charges: Charges, now: float, half_life: float) -> None:
    """Change holdings by what events mean for them. Writers take turns, so nothing is lost between read and write."""
    if not charges:
        return
    before = _load(connection, charges)
    after = {key: charged(before.get(key, Holding(at=now)), some, now, half_life) for key, some in charges.items()}
    connection.execute(
        upsert(connection, holdings, ("account", "site")),
        [{"account": account, "site": site, **one._asdict()} for (account, site), one in after.items()],
    )
    cache = _cache(connection)
    if cache is not None:
        cache.keep_holdings(after)


def _load(connection: Connection, keys: Collection[Key]) -> Mapping[Key, Holding]:
    cache = _cache(connection)
    known = {} if cache is None else {key: cache.holdings[key] for key in keys if key in cache.holdings}
    missing = {account for account, site in keys if (account, site) not in known}
    for chunk in chunks(missing):
        known |= {(row[0], row[1]): Holding(*row[2:]) for row in connection.execute(_OF, {"accounts": chunk})}
    return known


_ROWS = select(
    holdings.c.account,
    holdings.c.site,
    holdings.c.queued,
    holdings.c.running,
    holdings.c.slots,
    holdings.c.usage,
    holdings.c.at,
)
_OF = _ROWS.where(holdings.c.account.in_(bindparam("accounts", expanding=True)))


def _cache(connection: Connection) -> JobCache | None:
    cache = connection.get_execution_options().get(CACHE)
    return cache if isinstance(cache, JobCache) else None


def changed_since(connection: Connection, time: float) -> dict[Key, Holding]:
    """Holdings that were changed at `time` or later."""
    return _holdings(connection.execute(_ROWS.where(holdings.c.at >= time)).all())


def held(connection: Connection) -> dict[Key, Holding]:
    """Holdings of all accounts that hold places now."""
    return _holdings(connection.execute(_ROWS.where(HELD)).all())


def _holdings(rows: Iterable[tuple[int, str, int, int, int, float, float]]) -> dict[Key, Holding]:
    return {(row[0], row[1]): Holding(*row[2:]) for row in rows}


def forget(connection: Connection, before: float) -> int:
    """Drop holdings of nothing that were not changed since `before`: what was used then has faded away."""
    idle = (holdings.c.queued == 0, holdings.c.running == 0, holdings.c.slots == 0)
    return connection.execute(delete(holdings).where(holdings.c.at < before, *idle)).rowcount


def waiting(connection: Connection) -> dict[int, int]:
    """How many jobs of each account wait."""
    query = select(jobs.c.account, func.count()).where(WAITING).group_by(jobs.c.account)
    return {row[0]: row[1] for row in connection.execute(query)}


def waiting_in_all(connection: Connection, most: int) -> int:
    """How many jobs wait; of more than `most` that and one."""
    some = select(jobs.c.number).where(WAITING).limit(most + 1)
    return connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def holds_of(
    connection: Connection, accounts: Collection[int] | None = None
) -> dict[tuple[int, str], tuple[float, Reason]]:
    """Since when and why jobs of these accounts (of all, without any) are held back, by account and match class."""
    query = select(holds.c.account, holds.c.match_class, holds.c.since, holds.c.reason)
    found: dict[tuple[int, str], tuple[float, Reason]] = {}
    for chunk in [None] if accounts is None else chunks(accounts):
        rows = connection.execute(query if chunk is None else query.where(holds.c.account.in_(chunk)))
        for account, match_class, since, text in rows:
            why = reason_of(text)
            if why is not None:
                found[account, match_class] = since, why
    return found


def put_holds(connection: Connection, new: Mapping[tuple[int, str], Reason | None], now: float) -> None:
    """Write why jobs are held back from now on; None: they are not any more."""
    for chunk in chunks([key for key, why in new.items() if why is None]):
        connection.execute(delete(holds).where(tuple_(holds.c.account, holds.c.match_class).in_(chunk)))
    rows = [
        {"account": account, "match_class": match_class, "since": now, "reason": reason_text(why)}
        for (account, match_class), why in new.items()
        if why is not None
    ]
    if rows:
        connection.execute(upsert(connection, holds, ("account", "match_class")), rows)
