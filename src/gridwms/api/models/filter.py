"""The filter of events: the same names in the address of a stream and in a subscription."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gridwms.jobs.interest import NAMES


class FilterIn(BaseModel):
    """Several values of one name (repeated, or separated by commas): any of them. Several names: all must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: list[str] = Field(default=[], description="ids or keys of jobs")
    parent: list[str] = Field(default=[], description="ids or keys of compound jobs: what happens to their nodes")
    vo: list[str] = []
    state: list[str] = Field(
        default=[], description="events that brought a job into one of these states; DONE_OK, DONE_FAILED, ENDED too"
    )
    type: list[str] = Field(default=[], description="types of events")
    tag: list[str] = Field(default=[], description="NAME=VALUE: a user tag of the job")
    owner: str = Field(default="", description="whose jobs; empty: your own, `*`: everybody's (operators)")

    def pairs(self) -> list[tuple[str, str]]:
        """Names with values."""
        return [(name, value) for name in NAMES for value in getattr(self, name)]
