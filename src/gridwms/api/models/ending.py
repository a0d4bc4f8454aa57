"""Cancelling, clearing, purging and trying again."""

from __future__ import annotations

from gridwms.api.models.problem import ErrorOut, Out
from gridwms.jobs.states import State


class EndOut(Out):
    """What became of the wish for one job. `done`: False when there was nothing to do or it cannot be done now."""

    asked: str
    key: str | None = None
    id: str | None = None
    done: bool = False
    sentence: str = ""
    state: State | None = None
    error: ErrorOut | None = None


class EndsOut(Out):
    """One entry a job, in the order in which they were asked for."""

    jobs: list[EndOut]
