"""Reasons, findings in descriptions, and errors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Out(BaseModel):
    """Any answer; filled from the views of the use cases."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ReasonOut(Out):
    """Why something is as it is. `code` is stable."""

    code: str
    sentence: str
    advice: str


class ProblemOut(Out):
    """A finding in a description. Lines and columns count from 1; 0: no place."""

    severity: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    attribute: str = ""
    found: str = ""
    accepted: str = ""


class ErrorOut(Out):
    """What went wrong (`message`), and what to do (`advice`). `code` is stable."""

    code: str
    message: str
    advice: str = ""
    problems: list[ProblemOut] = Field(default_factory=list)


class ErrorBody(Out):
    """The body of every answer that is an error."""

    error: ErrorOut


ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {"model": ErrorBody, "description": "An error: a sentence that says what happened, and what to do"},
}
