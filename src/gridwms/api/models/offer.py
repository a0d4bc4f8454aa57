"""Resources that are handed in. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gridwms.api.models.problem import ErrorOut, Out


class OfferIn(BaseModel):
    """A resource: its attributes under GLUE names, values as JSON; the text of Requirements or Rank is an expression.

    `seconds`: how long it is to be believed; the source has a greatest time, and one for those that say none.
    """

    model_config = ConfigDict(extra="forbid")

    attributes: dict[str, Any] = Field(default_factory=dict, max_length=1000)
    seconds: float | None = None


class OffersIn(BaseModel):
    """Resources. `source`: which one takes them, if there are several. `replace`: what the caller handed in before, and
    is not among these, goes."""

    model_config = ConfigDict(extra="forbid")

    resources: list[OfferIn] = Field(max_length=20_000)
    source: str = ""
    seconds: float | None = None
    replace: bool = False


class TakenOut(Out):
    """One that was taken, by its id in the market; believed until `expires_at` if it is not renewed."""

    id: str
    expires_at: float


class RefusedOut(Out):
    """One that was not. `number`: its place in the list, from 0."""

    number: int
    id: str
    error: ErrorOut


class OffersOut(Out):
    """What became of them. `dropped`: the ids that were taken away."""

    taken: list[TakenOut]
    refused: list[RefusedOut]
    dropped: list[str]
