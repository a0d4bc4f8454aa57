"""Jobs and events in the words of L&B, tags, and access lists."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gridwms.api.models.problem import ErrorOut, Out
from gridwms.bookkeeping.access.acl import Acl


class LbJobOut(Out):
    """The status of a job with all attributes of L&B, by their names there; times in seconds since the epoch."""

    job: dict[str, Any]


class LbEventsOut(Out):
    """The events of a job."""

    events: list[dict[str, Any]]


class RefusedLineOut(Out):
    """A line that was not taken; `line` counts from 1 in the request."""

    line: int
    error: ErrorOut


class LoggedOut(Out):
    """What became of the lines: those that are not refused are on disk. `taken`: how many those are."""

    taken: int
    refused: list[RefusedLineOut]


class LinesIn(Out):
    """Lines of ULM."""

    lines: list[str]


class TagsIn(Out):
    """Which jobs, and what is to be said of them."""

    jobs: list[str] = Field(max_length=10_000)
    tags: dict[str, str] = Field(min_length=1, max_length=100)


class EntryOut(Out):
    """An entry of an access list. `who`: a subject, an FQAN (`/vo/group/Role=…`), or `vo:group`."""

    who: str
    permission: str
    allow: bool = True


class ShareIn(Out):
    """Which jobs, and how their access lists are to change."""

    jobs: list[str] = Field(max_length=10_000)
    change: Literal["add", "remove"]
    entry: EntryOut


class SaidOut(Out):
    """One of `done` and `error` is there. `asked`: the id or key as it was given."""

    asked: str
    done: bool
    error: ErrorOut | None = None


class AllSaidOut(Out):
    """One entry a job, in the order in which they were given."""

    jobs: list[SaidOut]


class AccessOut(Out):
    """Who may do something with a job beside its owner and the operators."""

    owner: str
    entries: list[EntryOut]

    @classmethod
    def of(cls, owner: str, acl: Acl) -> AccessOut:
        entries = [
            EntryOut(who=one.user_id, permission=one.permission.name.lower(), allow=one.allow) for one in acl.entries
        ]
        return cls(owner=owner, entries=entries)
