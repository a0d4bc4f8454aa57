"""What the service answers, typed. Unknown fields are ignored, so that a newer service can be asked.

Times are seconds since the epoch, sizes bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is as it is: a stable code, a sentence, an advice."""

    code: str
    sentence: str
    advice: str

    @classmethod
    def read(cls, told: Json | None) -> Reason | None:
        return None if told is None else cls(code=told["code"], sentence=told["sentence"], advice=told["advice"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding in a description. Lines and columns count from 1; 0: no place. `file`: of a node, when it is in one."""

    severity: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    attribute: str = ""
    found: str = ""
    accepted: str = ""
    file: str = ""

    @classmethod
    def read(cls, told: Json) -> Problem:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})

    @classmethod
    def found_here(cls, problem: Any) -> Problem:
        """One that was found on this machine, by the reader that the service has too."""
        return cls(**{name: getattr(problem, name) for name in cls.__slots__ if name != "file"})

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasible:
    """Whether jobs could run on the `considered` resources that are known now: `placed` of `jobs` could.

    `reason`: of the first that could not. `never`: conditions that none of the resources meets.
    """

    jobs: int
    placed: int
    considered: int
    sentence: str
    reason: Reason | None = None
    never: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json | None) -> Feasible | None:
        if told is None:
            return None
        plain = {name: told[name] for name in ("jobs", "placed", "considered", "sentence")}
        return cls(**plain, reason=Reason.read(told.get("reason")), never=tuple(told["never"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a description; unless there are errors (and without a service) also whether it could run."""

    problems: tuple[Problem, ...]
    feasible: Feasible | None = None

    @classmethod
    def read(cls, told: Json) -> Checked:
        problems = tuple(Problem.read(each) for each in told["problems"])
        return cls(problems=problems, feasible=Feasible.read(told.get("feasible")))

    @property
    def ok(self) -> bool:
        """Whether it would be accepted."""
        return not any(problem.is_error for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that has to be sent: its number, its name on the worker node, its path here.

    `key`: the job whose input sandbox it belongs to; a node's has its own.
    """

    index: int
    name: str
    local: str
    key: str = ""

    @classmethod
    def read(cls, told: Json) -> Upload:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The answer to one description. `id` empty: refused, and `problems` say why."""

    id: str
    key: str
    uploads: tuple[Upload, ...] = ()
    problems: tuple[Problem, ...] = ()
    nodes: int = 0

    @classmethod
    def read(cls, told: Json) -> Registered:
        return cls(
            id=told.get("id") or "",
            key=told.get("key") or "",
            uploads=tuple(Upload.read(each) for each in told["uploads"]),
            problems=tuple(Problem.read(each) for each in told["problems"]),
            nodes=told.get("nodes", 0),
        )


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

    @classmethod
    def read(cls, told: Json) -> Job:
        special = ("reason", "attempts")
        plain = {name: told[name] for name in cls.__slots__ if name in told and name not in special}
        attempts = tuple(Attempt.read(each) for each in told.get("attempts", ()))
        return cls(**plain, reason=Reason.read(told.get("reason")), attempts=attempts)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told of what. `health`: active, failing, paused or expired; `error`: why the last try failed.

    `cursor`: told up to there. `secret`: of a webhook, only in the answer that made it.
    """

    key: str
    owner: str
    kind: str
    target: str
    filter: Mapping[str, Sequence[str]]
    health: str
    every: float
    made_at: float
    expires_at: float
    cursor: str
    delivered_at: float | None = None
    failures: int = 0
    failing_since: float | None = None
    next_at: float | None = None
    error: str = ""
    paused_at: float | None = None
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, told: Json) -> Subscription:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(frozen=True, slots=True, kw_only=True)
class OldJob:
    """A job that was purged by its age, or would be. `since`: when it came into the state it was in."""

    key: str
    id: str
    owner: str
    state: str
    since: float

    @classmethod
    def read(cls, told: Json) -> OldJob:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """Some of them; `more`: there are others."""

    jobs: tuple[OldJob, ...]
    more: bool

    @classmethod
    def read(cls, told: Json) -> Purged:
        return cls(jobs=tuple(OldJob.read(each) for each in told["jobs"]), more=told["more"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a user has at the service, and may have (None: any amount). `waiting`: jobs."""

    owner: str
    bytes: int
    files: int
    waiting: int
    max_bytes: int | None
    max_files: int | None
    max_waiting: int | None

    @classmethod
    def read(cls, told: Json) -> Quota:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition. It rejects so many resources; `alone` of them are rejected by nothing else.

    `side`: "job" for the job's Requirements, "resource" for the resources' own. `text` says all of it in words.
    """

    side: str
    clause: str
    rejects: int
    alone: int
    text: str

    @classmethod
    def read(cls, told: Json) -> Clause:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that matches. `site` None: no site of the service leads there. `rank` None: Rank is no number."""

    ce: str
    site: str | None
    rank: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a description could run now, best first. `reason`: why nowhere."""

    resources: tuple[Resource, ...]
    considered: int
    summary: str
    clauses: tuple[Clause, ...]
    reason: Reason | None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Match:
        return cls(
            resources=tuple(Resource(ce=r["ce"], site=r["site"], rank=r["rank"]) for r in told["resources"]),
            considered=told["considered"],
            summary=told["summary"],
            clauses=tuple(Clause.read(each) for each in told["clauses"]),
            reason=Reason.read(told.get("reason")),
            problems=tuple(Problem.read(each) for each in told["problems"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What matching said of a job since a time. `reason` None: it found a place."""

    since: float
    reason: Reason | None
    summary: str

    @classmethod
    def read(cls, told: Json) -> Verdict:
        return cls(since=told["since"], reason=Reason.read(told["reason"]), summary=told["summary"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a job is where it is. `retries`: why earlier attempts failed."""

    key: str
    id: str
    state: str
    sentence: str
    advice: str
    since: float
    reason: Reason | None = None
    clauses: tuple[Clause, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    retries: tuple[Reason, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Why:
        return cls(
            key=told["key"],
            id=told["id"],
            state=told["state"],
            sentence=told["sentence"],
            advice=told["advice"],
            since=told["since"],
            reason=Reason.read(told["reason"]),
            clauses=tuple(Clause.read(each) for each in told["clauses"]),
            verdicts=tuple(Verdict.read(each) for each in told["verdicts"]),
            retries=tuple(Reason(code=r["code"], sentence=r["sentence"], advice=r["advice"]) for r in told["retries"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of the wish to end a job. `done`: False when nothing was to be done, or it cannot be done now."""

    key: str
    id: str
    done: bool
    sentence: str
    state: str

    @classmethod
    def read(cls, told: Json) -> Ended:
        return cls(**{name: told[name] for name in cls.__slots__})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service that answers."""

    name: str
    version: str
    url: str
    you: str
    healthy: bool
    troubles: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Service:
        plain = {name: told[name] for name in cls.__slots__ if name != "troubles"}
        return cls(**plain, troubles=tuple(told["troubles"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A drain or a downtime of a site. `ends` None: until it is resumed."""

    begins: float
    ends: float | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site. `accepts`: it is given new jobs; `why`: what is in the way. `trouble`: what it said instead of an answer.

    `breaker`: "closed", "open" (it failed most of what it was given, and rests) or "trial". `max_queued` 0: any number.
    """

    name: str
    accepts: bool
    why: str
    trouble: str
    breaker: str
    running: int
    queued: int
    max_jobs: int
    max_queued: int
    closures: tuple[Closure, ...] = ()
    resources: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Site:
        given = {name: told[name] for name in cls.__slots__ if name in told}
        given["closures"] = tuple(
            Closure(begins=one["begins"], ends=one["ends"], reason=one["reason"], by=one["by"])
            for one in told["closures"]
        )
        return cls(**{**given, "resources": tuple(told["resources"])})
