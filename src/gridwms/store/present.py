"""Attempts that are, or may be, at their sites."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from gridwms.jobs.ids import parse_tag, tag_of
from gridwms.store import jobs as rows
from gridwms.store.sets import chunks
from gridwms.store.tables import attempts, jobs
from gridwms.store.tables.jobs import PRESENT


@dataclass(frozen=True, slots=True)
class Present:
    """An attempt that its site has taken and not yet let go."""

    tag: str
    receipt: str
    running: bool
    over: bool


def at_site(connection: Connection, site: str) -> list[Present]:
    """All at one site."""
    query = (
        select(jobs.c.key, attempts.c.number, attempts.c.receipt, attempts.c.running_at, attempts.c.over)
        .join_from(attempts, jobs, attempts.c.job == jobs.c.number)
        .where(PRESENT, attempts.c.site == site, attempts.c.receipt.is_not(None))
    )
    return [
        Present(tag_of(key, number), receipt, running_at is not None, over)
        for key, number, receipt, running_at, over in connection.execute(query)
    ]


def among(connection: Connection, site: str, tags: Collection[str]) -> list[Present]:
    """Those at one site that have these tags."""
    named = [(tag, *parse_tag(tag)) for tag in tags]
    jobs = rows.load(connection, {key for _tag, key, _number in named})
    found = []
    for tag, key, number in named:
        tried = jobs[key][1].attempts if key in jobs else ()
        if number > len(tried):
            continue
        attempt = tried[number - 1]
        here = attempt.departure is None and attempt.refused_at is None and attempt.site == site
        if here and attempt.receipt is not None:
            found.append(Present(tag, attempt.receipt, attempt.running_at is not None, attempt.over))
    return found


def held(connection: Connection) -> dict[str, int]:
    """How many of our attempts each site has or is about to get."""
    query = select(attempts.c.site, func.count()).where(PRESENT, ~attempts.c.over).group_by(attempts.c.site)
    return {row[0]: row[1] for row in connection.execute(query)}


def held_at(connection: Connection, ces: Collection[str]) -> dict[str, int]:
    """The same by computing element, for these."""
    found: dict[str, int] = {}
    for chunk in chunks(ces):
        query = select(attempts.c.ce, func.count()).where(PRESENT, ~attempts.c.over, attempts.c.ce.in_(chunk))
        found |= {row[0]: row[1] for row in connection.execute(query.group_by(attempts.c.ce))}
    return found


def promised(connection: Connection, since: float) -> dict[tuple[str, str], int]:
    """How many attempts each computing element was given that it could not have counted at the time `since`.

    By computing element and match class: the class says how many processors each of them takes.
    """
    query = (
        select(attempts.c.ce, jobs.c.match_class, func.count())
        .join_from(attempts, jobs, attempts.c.job == jobs.c.number)
        .where(PRESENT, ~attempts.c.over, or_(attempts.c.delivered_at.is_(None), attempts.c.delivered_at > since))
        .group_by(attempts.c.ce, jobs.c.match_class)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


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
