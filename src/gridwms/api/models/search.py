"""Answers to questions about many jobs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gridwms.api.models.problem import Out
from gridwms.bookkeeping.states import DoneCode
from gridwms.bookkeeping.text_view import state_text
from gridwms.flow.bookkeeping.search import Found
from gridwms.store.statistics import Place


class FoundOut(Out):
    """A job that was asked for, in the words of L&B. `ours`: false for jobs of other systems."""

    id: str
    ours: bool
    state: str
    state_text: str
    done_code: str | None
    exit_code: int
    owner: str | None
    destination: str | None
    since: float | None
    reason: str | None
    resubmitted: bool
    parent: str | None
    user_tags: dict[str, str]

    @classmethod
    def of(cls, found: Found) -> FoundOut:
        one = found.status
        return cls(
            id=one.job_id,
            ours=found.ours,
            state=one.state.word,
            state_text=state_text(one),
            done_code=None if one.done_code is None else DoneCode(one.done_code).name,
            exit_code=one.exit_code,
            owner=one.owner,
            destination=one.destination,
            since=one.state_enter_time / 1_000_000 if one.state_enter_time else None,
            reason=one.reason,
            resubmitted=one.resubmitted,
            parent=one.parent_job,
            user_tags=dict(one.user_tags),
        )


class AnswerOut(Out):
    """A page of jobs, or of events. `next`: give it as `after` for the next one, null at the end.

    `whole`: the page is full, or there is no more; else its time was up. `behind`: so many jobs of other systems have
    events that came just now and could not be looked at yet.
    """

    jobs: list[FoundOut] = Field(default_factory=list)
    events: list[dict[str, Any]] = Field(default_factory=list)
    next: str | None
    whole: bool
    behind: int


class SpellOut(Out):
    """How long something took, in seconds."""

    count: int
    mean: float
    deviation: float


class PlaceOut(Out):
    """What came to pass at one destination. `success`: which part of what ended there ended well."""

    destination: str
    ours: bool
    entered: dict[str, int]
    took: dict[str, SpellOut]
    success: float | None

    @classmethod
    def of(cls, place: Place) -> PlaceOut:
        well, ill = place.entered["Done (OK)"], place.entered["Done (Failed)"]
        return cls(
            destination=place.destination,
            ours=place.ours,
            entered=place.entered,
            took={name: SpellOut.model_validate(one) for name, one in place.took.items()},
            success=well / (well + ill) if well + ill else None,
        )


class StatisticsOut(Out):
    """From `begin` to `end` (seconds since the epoch), by destination."""

    begin: float
    end: float
    places: list[PlaceOut]
