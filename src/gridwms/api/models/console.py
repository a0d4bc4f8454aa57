"""Consoles of interactive jobs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gridwms.api.models.problem import Out


class AttachIn(Out):
    """`write`: type to the job, unless somebody else does; `take`: in their place; `watch`: look only."""

    mode: Literal["write", "take", "watch"] = "write"


class AttachedOut(Out):
    """`attachment`: your name in the other calls. `writer`: what you send is taken."""

    attachment: str
    writer: bool


class PieceOut(Out):
    """Bytes of a stream (stdout, stderr) from number `offset` on, in base64. `lost`: how many before are not kept."""

    stream: str
    offset: int
    data: str
    lost: int


class ConsoleOut(Out):
    """What is new, and how far the input has come.

    `attempt`: the numbers of bytes count within it. `taken`: the worker node has the input before; `have`: the service
    has. Both are null until the payload has started. `open`: there will be more.
    """

    attempt: int
    pieces: list[PieceOut]
    writer: bool
    terminal: bool
    taken: int | None
    have: int | None
    input_ended: bool
    open: bool
    waiting: bool


class InputOut(Out):
    """How far the input has come; what you sent beyond `have` is to be sent again."""

    taken: int
    have: int


class ControlIn(Out):
    """A signal for the payload (its name without SIG), or the size of your window."""

    signal: str | None = None
    rows: int | None = Field(default=None, ge=1, le=10_000)
    columns: int | None = Field(default=None, ge=1, le=10_000)


class DoneOut(Out):
    """It was done."""

    done: bool = True
