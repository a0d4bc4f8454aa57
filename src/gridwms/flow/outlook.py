"""What matching says of a waiting job at this moment, beside what was recorded when it last changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gridwms.flow.schedule import Look, Scheduler
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.match.changes import changes
from gridwms.store import jobs as rows
from gridwms.store import listing, shares
from gridwms.store.verdicts import ClassVerdict

_SEEN_HERE = frozenset(
    {
        *("no_resources", "no_match", "no_rank", "all_full", "site_closed", "not_deliverable"),
        *("not_permitted", "unknown_ce", "no_common_place", "place_gone", "description_lost"),
        *("data_asked", "catalogue_silent", "data_refused", "data_unknown", "no_catalogue"),
    }
)
"""Reasons that hold only as long as a look at the market says so too; of others the record is believed."""
_SLOW = 60.0
"""Seconds within which the scheduler should have seen a job that could go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`since`: when matching began to say so. `explanation`: as JSON types. `changes`: since it was recorded last."""

    reason: Reason | None
    sentence: str
    advice: str
    since: float
    explanation: dict[str, Any]
    changes: tuple[str, ...] = ()


def outlook(world: World, job: Job, past: Sequence[ClassVerdict]) -> Outlook:
    """Why a job waits now. `past`: the verdicts on its class, oldest first."""
    latest = past[-1] if past else None
    if latest is not None and latest.reason is not None and latest.reason.code not in _SEEN_HERE:
        return _told(latest.reason, latest.since, latest.explanation)
    look = Scheduler(world).look(job)
    explanation = look.explanation or {}
    changed = changes(latest.explanation, explanation) if latest is not None else ()
    open_ = look.reason is None or look.reason.code == "all_full"
    holds = world.database.read(lambda connection: shares.holds_of(connection, [job.account])) if open_ else {}
    held = holds.get((job.account, job.match_class))
    if held is not None:
        return _told(held[1], held[0], explanation, changed)
    wish = _wish(job)
    if wish is not None and open_:
        return _told(wish, job.state_since, explanation, changed)
    if look.reason is not None:
        same = latest is not None and latest.reason is not None and latest.reason.code == look.reason.code
        since = latest.began if same and latest is not None else world.clock()
        return _told(look.reason, since, explanation, changed)
    sentence, advice = _next(world, job, look)
    why = job.reason if job.attempts else None
    return Outlook(
        reason=why, sentence=sentence, advice=advice, since=job.state_since, explanation=explanation, changes=changed
    )


def _wish(job: Job) -> Reason | None:
    """What a job waits for whose class could go."""
    if job.wishes.sites:
        return reason("not_here_again", sites=", ".join(job.wishes.sites))
    return reason("more_memory_wanted", memory_mb=job.wishes.memory_mb) if job.wishes.memory_mb else None


def _told(why: Reason, since: float, explanation: dict[str, Any], changed: tuple[str, ...] = ()) -> Outlook:
    return Outlook(
        reason=why, sentence=why.sentence, advice=why.advice, since=since, explanation=explanation, changes=changed
    )


def _next(world: World, job: Job, look: Look) -> tuple[str, str]:
    """Places are free: what is it waiting for?"""
    number = world.database.read(lambda connection: rows.load(connection, [job.key]))[job.key][0]
    before = world.database.read(lambda connection: listing.waiting_before(connection, job.match_class, number))
    waited = world.clock() - job.state_since
    if look.untried:
        return (
            f"{look.untried} resources match on hosts where it has not failed yet, and all of these are full; it is "
            "not sent where it failed before.",
            "Nothing to do: it goes when one of them has room.",
        )
    if waited < _SLOW:
        return "The job is about to be matched.", "Nothing to do."
    if before:
        jobs = "1 job of its kind that is older goes" if before == 1 else f"{before} jobs of its kind that are older go"
        return f"{look.matching} resources match; {jobs} first.", "Nothing to do."
    return (
        f"{look.matching} resources match and have room, but no place was given out in {int(waited)} s: the service's "
        "matching does not keep up, or does not run.",
        "Tell the operator to look at the log of the service for 'schedule'.",
    )
