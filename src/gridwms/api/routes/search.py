"""Questions about many jobs: the query language of L&B, and statistics."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from gridwms.api.desk import AtDesk
from gridwms.api.errors import BadQuery
from gridwms.api.models.problem import ERRORS
from gridwms.api.models.search import AnswerOut, FoundOut, PlaceOut, StatisticsOut
from gridwms.bookkeeping.json_view import event_data
from gridwms.bookkeeping.query.attributes import Subject
from gridwms.bookkeeping.query.conditions import Query as Conditions
from gridwms.bookkeeping.query.errors import QueryError
from gridwms.bookkeeping.query.url import parse_query
from gridwms.flow.archive import look as archive
from gridwms.flow.bookkeeping.search import HARD_LIMIT, Asker, find_events, find_jobs, places
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["bookkeeping"], responses=ERRORS)
_HELP = "See docs/user/bookkeeping.md for the attributes and operators."


@router.get("/query")
def query(
    at: AtDesk,
    q: Annotated[str, Query(max_length=20_000, description="conditions: `status=running|=scheduled&owner=ann`")] = "",
    events: Annotated[str, Query(max_length=20_000, description="conditions on events; then those are told")] = "",
    of: Annotated[Literal["jobs", "events"], Query(description="what is wanted")] = "jobs",
    after: Annotated[str, Query(max_length=40, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=HARD_LIMIT)] = 100,
    archived: Annotated[bool, Query(description="look in the archive, for jobs")] = False,
) -> AnswerOut:
    """Jobs for which conditions hold, or their events: ours and those of other systems, as far as you may see them."""
    at.may(Action.SEARCH)
    asker = Asker(at.identity, at.judge)
    conditions = _parsed(q, at.world.clock(), Subject.JOBS)
    if of == "jobs":
        search = archive.query if archived else find_jobs
        jobs = search(at.world, asker, conditions, after=after, limit=limit)
        return AnswerOut(
            jobs=[FoundOut.of(one) for one in jobs.found],
            next=jobs.next or None,
            whole=jobs.whole,
            behind=jobs.behind,
        )
    about = _parsed(events, at.world.clock(), Subject.EVENTS)
    found = find_events(at.world, asker, conditions, about, after=after, limit=limit)
    return AnswerOut(
        events=[event_data(one) for one in found.found],
        next=found.next or None,
        whole=found.whole,
        behind=found.behind,
    )


_Moment = Annotated[float | None, Query(ge=0, le=1e11)]
"""Seconds since the epoch, for some three thousand years."""


@router.get("/statistics")
def statistics_by_place(
    at: AtDesk,
    begin: Annotated[_Moment, Query(description="seconds since the epoch; an hour ago by default")] = None,
    end: Annotated[_Moment, Query(description="seconds since the epoch; now by default")] = None,
) -> StatisticsOut:
    """How many jobs entered which state at each destination, and how long that took."""
    at.may(Action.STATISTICS)
    last = at.world.clock() if end is None else end
    first = last - 3600.0 if begin is None else begin
    if not first < last:
        raise BadQuery("The stretch of time ends before it begins.", "Give `begin` before `end`.")
    found = places(at.world, first, last)
    return StatisticsOut(begin=first, end=last, places=[PlaceOut.of(place) for place in found])


def _parsed(text: str, now: float, subject: Subject) -> Conditions:
    if not text.strip():
        return ()
    try:
        return parse_query(text, int(now), subject)
    except QueryError as error:
        raise BadQuery(f"The query is not understood: {error}.", _HELP) from error
