"""Cancelling, clearing, purging, trying again, priorities."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gridwms.api.models.job import Jobs
from gridwms.api.models.problem import ErrorOut, Out
from gridwms.jobs.priority import HIGHEST, LOWEST
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


class PriorityIn(Jobs):
    """Which jobs get which priority."""

    priority: Annotated[int, Field(ge=LOWEST, le=HIGHEST, description="the highest goes first; 0 by default")]


class EndsOut(Out):
    """One entry a job, in the order in which they were asked for."""

    jobs: list[EndOut]
