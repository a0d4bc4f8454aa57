"""Attempts that are, or may be, at their sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, case, func, or_, select

from gridwms.jobs.ids import parse_tag, tag_of
from gridwms.store import jobs as rows
from gridwms.store.sets import chunks
from gridwms.store.tables import attempts, jobs
from gridwms.store.tables.jobs import PRESENT


class Present(NamedTuple):
    """An attempt that its site has taken and not yet let go. `key`, `number`: of its job, and its own."""

    tag: str
    receipt: str
    key: str
    number: int
    matched_at: float
    running: bool
    over: bool


def at_site(connection: Connection, site: str) -> list[Present]:
    """All at one site."""
    tried = attempts.c
    query = (
        select(tried.receipt, jobs.c.key, tried.number, tried.matched_at, tried.running_at, tried.over)
        .join_from(attempts, jobs, tried.job == jobs.c.number)
        .where(PRESENT, tried.site == site, tried.receipt.is_not(None))
    )
    return [
        Present(tag_of(key, number), receipt, key, number, matched_at, running_at is not None, over)
        for receipt, key, number, matched_at, running_at, over in connection.execute(query)
    ]


def among(connection: Connection, site: str, tags: Collection[str]) -> list[Present]:
    """Those at one site that have these tags."""
    named = [(tag, *parse_tag(tag)) for tag in tags]
    jobs = rows.members(connection, [key for _tag, key, _number in named])
    found = []
    for tag, key, number in named:
        if key not in jobs:
            continue
        tried = jobs[key].like.attempts
        if number > len(tried):
            continue
        attempt = tried[number - 1]
        here = attempt.departure is None and attempt.refused_at is None and attempt.site == site
        receipt = jobs[key].receipt(number)
        if here and receipt is not None:
            running = attempt.running_at is not None
            found.append(Present(tag, receipt, key, number, attempt.matched_at, running, attempt.over))
    return found


def held_at(connection: Connection, ces: Collection[str]) -> dict[str, int]:
    """How many of our attempts each of these computing elements has or is about to get."""
    found: dict[str, int] = {}
    for chunk in chunks(ces):
        query = select(attempts.c.ce, func.count()).where(PRESENT, ~attempts.c.over, attempts.c.ce.in_(chunk))
        found |= {row[0]: row[1] for row in connection.execute(query.group_by(attempts.c.ce))}
    return found


def promised(connection: Connection, since: float) -> tuple[dict[str, int], dict[str, int]]:
    """How many of our attempts each site has or is about to get; and how many slots each computing element was asked
    for of which it could not have known at the time `since`."""
    late = or_(attempts.c.delivered_at.is_(None), attempts.c.delivered_at > since)
    slots = func.sum(case((late, attempts.c.slots), else_=0))
    query = select(attempts.c.site, attempts.c.ce, func.count(), slots).where(PRESENT, ~attempts.c.over)
    held: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    for site, ce, count, some in connection.execute(query.group_by(attempts.c.site, attempts.c.ce)):
        held[site] += count
        asked[ce] += int(some)
    return held, asked


def counts(connection: Connection) -> dict[str, tuple[int, int]]:
    """By site, how many attempts of ours run there, and how many are waiting there or on their way."""
    running = func.count(attempts.c.running_at)
    query = select(attempts.c.site, running, func.count()).where(PRESENT, ~attempts.c.over).group_by(attempts.c.site)
    return {row[0]: (row[1], row[2] - row[1]) for row in connection.execute(query)}


def queued(connection: Connection, sites: Collection[str]) -> dict[str, int]:
    """How many attempts of ours these sites have, or are about to get, that do not run yet."""
    query = (
        select(attempts.c.site, func.count())
        .where(PRESENT, ~attempts.c.over, attempts.c.running_at.is_(None), attempts.c.site.in_(sites))
        .group_by(attempts.c.site)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
