"""Files of jobs."""

from __future__ import annotations

from gridwms.api.models.problem import Out


class StoredOut(Out):
    """A file that arrived; `size` in bytes."""

    size: int


class OutputFileOut(Out):
    """`size` in bytes. `truncated`: only the end of the file was kept."""

    name: str
    size: int
    truncated: bool
    url: str


class OutputOut(Out):
    """The output sandbox."""

    files: list[OutputFileOut]


class PeekOut(Out):
    """Part of a watched file: `data` in base64, `next` the offset to ask for next, `finished`: nothing will follow."""

    data: str
    next: int
    finished: bool
