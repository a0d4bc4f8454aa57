"""Output files, looks into running jobs, and consoles."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file of the output sandbox. `truncated`: only its end is there."""

    name: str
    size: int
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """A part of a file of a running job. `finished`: there will be no more."""

    data: bytes
    next: int
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One's place at a console. `writer`: what one sends is taken."""

    attachment: str
    writer: bool

    @classmethod
    def read(cls, told: Any) -> Attachment:
        return cls(attachment=told["attachment"], writer=told["writer"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes of a stream from number `offset` on. `lost`: how many before them the service no longer has."""

    stream: str
    offset: int
    data: bytes
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is new on a console (docs/user/rest.md)."""

    attempt: int
    pieces: tuple[Piece, ...]
    writer: bool
    terminal: bool
    taken: int | None
    have: int | None
    input_ended: bool
    open: bool
    waiting: bool

    @classmethod
    def read(cls, told: Any) -> Glance:
        pieces = tuple(
            Piece(stream=p["stream"], offset=p["offset"], data=base64.b64decode(p["data"]), lost=p["lost"])
            for p in told["pieces"]
        )
        plain = {n: told[n] for n in ("attempt", "writer", "terminal", "taken", "have", "input_ended", "open")}
        return cls(pieces=pieces, waiting=told["waiting"], **plain)
