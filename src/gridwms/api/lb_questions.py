"""What is asked of an L&B server, in whatever form: a job by its id, jobs by conditions."""

from __future__ import annotations

import errno
from urllib.parse import urlsplit

from gridwms.api.desk import Desk
from gridwms.api.lb_errors import LbError, no_jobs, not_ours
from gridwms.bookkeeping.query.attributes import Operator
from gridwms.bookkeeping.query.conditions import Condition, Query
from gridwms.flow import status
from gridwms.flow.bookkeeping.named import Named
from gridwms.flow.bookkeeping.search import HARD_LIMIT, Found, find_jobs
from gridwms.flow.errors import UnknownJob
from gridwms.flow.task import job_url
from gridwms.jobs.ids import is_key
from gridwms.security.policy import Action, JobsOf


def one_job(at: Desk, job: str) -> Named:
    """The job of an id, to the caller who may see its status. LbError, NotPermitted."""
    unique = job.rstrip("/").rpartition("/")[2]
    if is_key(unique) and status.held(at.world, [unique]):
        return Named(job_url(at.world, unique), at.job(unique, Action.STATUS))
    try:
        return at.any_job(job, Action.STATUS)
    except UnknownJob:
        at.may(Action.LIST, JobsOf(owner=at.identity.subject))
    ours = urlsplit(at.world.settings.base_url).netloc
    raise no_jobs() if urlsplit(job).netloc in ("", ours) else not_ours(job[:200], ours)


def find_all(at: Desk, query: Query | None) -> list[Found]:
    """The jobs that a query asks for, all of the caller's without one. LbError for more than are told at once, and when
    a query finds none."""
    at.may(Action.SEARCH)
    conditions = query or ((Condition("owner", Operator.EQUAL, at.identity.subject),),)
    found: list[Found] = []
    after = ""
    while True:
        page = find_jobs(at.world, at.asker, conditions, after=after, limit=HARD_LIMIT)
        found += page.found
        if len(found) > HARD_LIMIT:
            raise LbError(500, errno.E2BIG, "Argument list too long", f"more than {HARD_LIMIT} jobs match")
        if not page.next:
            break
        after = page.next
    if not found and query:
        raise no_jobs()
    return found
