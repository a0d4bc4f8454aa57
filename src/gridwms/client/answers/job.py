"""Jobs, their attempts and their events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gridwms.client.answers.json import Json
from gridwms.client.answers.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one site."""

    number: int
    site: str
    ce: str
    node: str = ""
    matched_at: float = 0.0
    delivered_at: float | None = None
    running_at: float | None = None
    payload_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    reason: Reason | None = None

    @classmethod
    def read(cls, told: Json) -> Attempt:
        plain = {name: told[name] for name in cls.__slots__ if name in told and name != "reason"}
        return cls(**plain, reason=Reason.read(told.get("reason")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """What a job carries: whose delegation, when the last of it runs out (None: it has), from where it is renewed, and
    a sentence for its owner, "" when there is nothing to say."""

    delegation: str
    ends: float | None
    source: str
    warning: str

    @classmethod
    def read(cls, told: Json | None) -> Carrying | None:
        return None if told is None else cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it is now. `done_code` (OK, FAILED, CANCELLED) only while `state` is DONE or after it.

    `kind`: "job", or the kind of a compound: "collection", "parametric", "dag". A compound has `nodes`, how many of
    them are in which state (`histogram`), and how many `failed`, were given up or cancelled; its `exit_code` is 0 when
    that of all its nodes is, else 1. A node has the id of its compound (`parent`) and its `node_name` there.
    """

    key: str
    id: str
    state: str
    done_code: str | None = None
    exit_code: int | None = None
    reason: Reason | None = None
    owner: str = ""
    vo: str = ""
    submitted_at: float = 0.0
    state_since: float = 0.0
    expires_at: float | None = None
    kept_until: float | None = None
    site: str = ""
    ce: str = ""
    attempt: int = 0
    node: str = ""
    attempts: tuple[Attempt, ...] = ()
    shallow_count: int = 0
    deep_count: int = 0
    cancel_requested: bool = False
    executable: str = ""
    user_tags: Mapping[str, str] = field(default_factory=dict)
    kind: str = "job"
    nodes: int = 0
    histogram: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    parent: str | None = None
    node_name: str | None = None
    credential: Carrying | None = None

    @classmethod
    def read(cls, told: Json) -> Job:
        special = ("reason", "attempts", "credential")
        plain = {name: told[name] for name in cls.__slots__ if name in told and name not in special}
        attempts = tuple(Attempt.read(each) for each in told.get("attempts", ()))
        carried = Carrying.read(told.get("credential"))
        return cls(**plain, reason=Reason.read(told.get("reason")), attempts=attempts, credential=carried)

    @property
    def is_over(self) -> bool:
        """Whether the system has nothing left to do for it. A failed attempt may still lead to another one."""
        if self.state == "DONE":
            return self.done_code != "FAILED"
        return self.state in ("CLEARED", "ABORTED", "CANCELLED", "PURGED")

    @property
    def went_well(self) -> bool:
        """Whether it ran to its end; the payload's own exit code is `exit_code`."""
        return self.done_code == "OK" and self.state in ("DONE", "CLEARED", "PURGED")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some of a list of jobs; `next` is where to go on, empty at the end."""

    jobs: tuple[Job, ...]
    next: str = ""

    @classmethod
    def read(cls, told: Json) -> JobPage:
        return cls(jobs=tuple(Job.read(each) for each in told["jobs"]), next=told.get("next") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a job. `cursor`: its place in the stream. `text`: what it says, for a person.

    `state`, `done_code`: where it brought the job; None when the job stayed where it was.
    """

    cursor: str
    key: str
    type: str
    time: float
    source: str
    attempt: int | None = None
    state: str | None = None
    done_code: str | None = None
    text: str = ""
    reason: Reason | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, told: Json) -> Event:
        plain = {name: told[name] for name in cls.__slots__ if name in told and name != "reason"}
        return cls(**plain, reason=Reason.read(told.get("reason")))
