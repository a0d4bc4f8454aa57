"""The schema, one module per aggregate, for SQLite and PostgreSQL alike."""

from gridwms.store.tables.bans import bans
from gridwms.store.tables.bookkeeping import lb_events, lb_jobs, lb_pending, lb_tags
from gridwms.store.tables.closures import closures
from gridwms.store.tables.commits import commits
from gridwms.store.tables.compounds import compounds, edges, node_counts, node_lists, node_tasks
from gridwms.store.tables.delegations import delegations
from gridwms.store.tables.events import events
from gridwms.store.tables.feedback import figures, log_readers, queue_times, silences, standings
from gridwms.store.tables.jobs import attempts, description_tags, descriptions, jobs, match_classes, verdicts
from gridwms.store.tables.leases import leases
from gridwms.store.tables.metadata import metadata
from gridwms.store.tables.offers import offers
from gridwms.store.tables.outbox import outbox
from gridwms.store.tables.remarks import job_access, job_tags
from gridwms.store.tables.shares import accounts, holdings, holds
from gridwms.store.tables.submit_keys import submit_keys
from gridwms.store.tables.subscriptions import subscriptions
from gridwms.store.tables.usage import usage

__all__ = [
    "accounts",
    "attempts",
    "bans",
    "closures",
    "commits",
    "compounds",
    "delegations",
    "description_tags",
    "descriptions",
    "edges",
    "events",
    "figures",
    "holdings",
    "holds",
    "job_access",
    "job_tags",
    "jobs",
    "lb_events",
    "lb_jobs",
    "lb_pending",
    "lb_tags",
    "leases",
    "log_readers",
    "match_classes",
    "metadata",
    "node_counts",
    "node_lists",
    "node_tasks",
    "offers",
    "outbox",
    "queue_times",
    "silences",
    "standings",
    "submit_keys",
    "subscriptions",
    "usage",
    "verdicts",
]
