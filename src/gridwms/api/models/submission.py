"""Handing in: descriptions, and what became of each."""

from __future__ import annotations

import base64
import binascii

from pydantic import Field, model_validator

from gridwms.api.models.problem import Out, ProblemOut, ReasonOut
from gridwms.describe.convert.dialects import Dialect
from gridwms.jobs.states import State


class DescriptionIn(Out):
    """One description: its text, or (for text that is not UTF-8) its bytes in base64.

    `format`: its dialect, when it is not to be guessed.
    """

    jdl: str | None = None
    jdl_base64: str | None = None
    format: Dialect | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> DescriptionIn:
        if (self.jdl is None) == (self.jdl_base64 is None):
            raise ValueError("give either 'jdl' or 'jdl_base64'")
        self.text()
        return self

    def text(self) -> bytes:
        """The bytes of the description."""
        if self.jdl is not None:
            return self.jdl.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.jdl_base64 or "", validate=True)
        except binascii.Error as error:
            raise ValueError("'jdl_base64' is not base64") from error


class DescriptionsIn(Out):
    """Many descriptions in one request."""

    jobs: list[DescriptionIn] = Field(min_length=1, max_length=100_000)


class UploadOut(Out):
    """A file of the input sandbox that is to be sent by PUT to `url`. `local`: its path on the user's machine.

    `key`: the job whose sandbox it belongs to, which may be a node of the one that was registered.
    """

    key: str
    index: int
    name: str
    local: str
    url: str


class RegistrationOut(Out):
    """The answer to one description. Without `id` it was refused, and `problems` say why."""

    id: str | None
    key: str | None
    state: State | None
    uploads: list[UploadOut]
    problems: list[ProblemOut]
    nodes: int
    """How many nodes it has; 0 for a single job."""


class RegistrationsOut(Out):
    """One entry a description, in order."""

    jobs: list[RegistrationOut]


class StateOut(Out):
    """The state a job has now."""

    key: str
    id: str
    state: State


class StatesOut(Out):
    """One entry a job."""

    jobs: list[StateOut]


class FeasibleOut(Out):
    """Whether jobs could run on the `considered` resources that are known now: `placed` of `jobs` could.

    `reason`: of the first that could not. `never`: conditions that none of the resources meets.
    """

    jobs: int
    placed: int
    considered: int
    sentence: str
    reason: ReasonOut | None
    never: list[str]


class CheckOut(Out):
    """`ok`: the description would be accepted; warnings do not prevent that. `feasible`: unless there are errors."""

    ok: bool
    problems: list[ProblemOut]
    feasible: FeasibleOut | None = None
