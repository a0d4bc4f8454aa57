"""The archive of a service."""

from __future__ import annotations

from pydantic import Field

from gridwms.api.models.problem import Out


class ArchiveFileOut(Out):
    """A file of the archive. `first`, `last`: when the jobs in it ended, in seconds since the epoch."""

    name: str
    jobs: int
    bytes: int
    first: float
    last: float


class ArchiveOut(Out):
    """The files, the oldest first."""

    files: list[ArchiveFileOut]


class ArchiveIn(Out):
    """What is to be archived: what ended more than so many days ago, at most so many jobs."""

    days: float = Field(ge=0)
    most: int = Field(default=1_000_000, ge=1)


class ArchivedOut(Out):
    """How many jobs went into the archive, and the files that were added."""

    jobs: int
    files: list[str]


class ArchiveCheckOut(Out):
    """What is wrong, as sentences."""

    wrong: list[str]


class LoadIn(Out):
    """The name of a file of the archive."""

    file: str = Field(max_length=100)


class LoadedOut(Out):
    """How many jobs were put back; those that were there already are left as they are."""

    jobs: int
