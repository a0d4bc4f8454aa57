"""User tags and access lists of jobs as rows. The row number of a compound counts negated here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, and_, bindparam, or_, select

from gridwms.bookkeeping.access.acl import Acl, Entry, IdType, Permission
from gridwms.jobs.codec import read_event
from gridwms.jobs.events import AccessChanged, Tagged
from gridwms.store import bulk
from gridwms.store.sets import chunks, insert_into
from gridwms.store.tables import events, job_access, job_tags

SEARCHED = 500
"""Characters of a value that can be searched for."""


def put_tags(connection: Connection, said: Iterable[tuple[int, Tagged]]) -> None:
    """Let tags count, unless something later was said under the same name of the same job."""
    rows = [
        {"job": job, "name": e.name, "value": e.value, "search": e.value[:SEARCHED], "time": e.time, "id": e.id}
        for job, e in said
    ]
    if rows:
        new = insert_into(connection, job_tags)
        excluded = new.excluded
        later = or_(
            excluded.time > job_tags.c.time, and_(excluded.time == job_tags.c.time, excluded.id > job_tags.c.id)
        )
        others = {name: excluded[name] for name in ("value", "search", "time", "id")}
        connection.execute(new.on_conflict_do_update(index_elements=["job", "name"], set_=others, where=later), rows)


def tags(connection: Connection, jobs: Collection[int]) -> dict[int, dict[str, str]]:
    """What was said of these jobs, by row number and name; the names in order."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for chunk in chunks(jobs):
        for job, name, value in connection.execute(_TAGS, {"jobs": chunk}):
            found[job][name] = value
    return found


_TAGS = (
    select(job_tags.c.job, job_tags.c.name, job_tags.c.value)
    .where(job_tags.c.job.in_(bindparam("jobs", expanding=True)))
    .order_by(job_tags.c.job, job_tags.c.name)
)


def renew_access(connection: Connection, jobs: Collection[int]) -> None:
    """Make the access lists of these jobs again from their events."""
    bulk.run_on(connection, "DELETE FROM job_access WHERE job {among}", jobs)
    rows = []
    for job in jobs:
        about = events.c.job == job if job > 0 else events.c.compound == -job
        query = select(events).where(about, events.c.type == AccessChanged.type)
        changes = [
            read_event(row.type, row.id, row.time, row.source, row.attempt, json.loads(row.data))
            for row in connection.execute(query)
        ]
        entries = access_of(change for change in changes if isinstance(change, AccessChanged)).entries
        rows += [
            (job, place, one.id_type.value, one.user_id, one.permission.name, one.allow)
            for place, one in enumerate(entries)
        ]
    bulk.insert(connection, "job_access", ("job", "place", "id_type", "who", "permission", "allow"), rows)


def access_of(changes: Iterable[AccessChanged]) -> Acl:
    """The list that these changes make, in whatever order they are given."""
    entries: list[Entry] = []
    for change in sorted(changes, key=lambda one: (one.time, one.id)):
        entry = Entry(IdType(change.id_type), change.who, Permission[change.permission], change.allow)
        if entry in entries:
            entries.remove(entry)
        if change.added:
            entries.append(entry)
    return Acl(tuple(entries))


def access(connection: Connection, jobs: Collection[int]) -> dict[int, Acl]:
    """The access lists of those of these jobs that have one, by row number."""
    found: dict[int, list[Entry]] = defaultdict(list)
    for chunk in chunks(jobs):
        for row in connection.execute(_ACCESS, {"jobs": chunk}):
            found[row.job].append(Entry(IdType(row.id_type), row.who, Permission[row.permission], row.allow))
    return {job: Acl(tuple(entries)) for job, entries in found.items()}


_ACCESS = (
    select(job_access)
    .where(job_access.c.job.in_(bindparam("jobs", expanding=True)))
    .order_by(job_access.c.job, job_access.c.place)
)
