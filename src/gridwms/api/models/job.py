"""Jobs, their attempts and their events. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gridwms.api.models.problem import ErrorOut, Out, ReasonOut
from gridwms.flow.status import AttemptView, EventView, JobView
from gridwms.flow.wording import event_text
from gridwms.jobs.states import DoneCode, State


class AttemptOut(Out):
    """One try at one site."""

    number: int
    site: str
    ce: str
    node: str
    matched_at: float
    delivered_at: float | None
    running_at: float | None
    payload_at: float | None
    ended_at: float | None
    exit_code: int | None
    reason: ReasonOut | None


class CarryingOut(Out):
    """What a job carries: whose delegation, when the last of it runs out (null: it has), from where it is renewed, and
    a sentence for its owner, "" when there is nothing to say."""

    delegation: str
    ends: float | None
    source: str
    warning: str


class JobOut(Out):
    """A job as it is now. `exit_code` is the payload's own.

    `kind`: "job", or the kind of a compound: "collection", "parametric", "dag". A compound has `nodes`, how many of
    them are in which state (`histogram`), and how many `failed`, were given up or cancelled; its `exit_code` is 0 when
    that of all its nodes is, else 1. A node has the id of its compound (`parent`) and its `node_name` there.
    """

    key: str
    id: str
    state: State
    done_code: DoneCode | None
    exit_code: int | None
    reason: ReasonOut | None
    owner: str
    vo: str
    submitted_at: float
    state_since: float
    expires_at: float | None
    kept_until: float | None
    site: str
    ce: str
    node: str
    attempt: int
    attempts: list[AttemptOut]
    shallow_count: int
    deep_count: int
    cancel_requested: bool
    executable: str
    user_tags: dict[str, str]
    kind: str
    nodes: int
    histogram: dict[State, int]
    failed: int
    parent: str | None
    node_name: str | None
    credential: CarryingOut | None

    @classmethod
    def of(cls, view: JobView) -> JobOut:
        return cls.model_validate(_fields(view) | _of_nodes(view) | {"user_tags": dict(view.user_tags)})


class JobPageOut(Out):
    """Some of a list of jobs; give `next` as `after` for the rest, null at the end."""

    jobs: list[JobOut]
    next: str | None


class JobOrError(Out):
    """One of `job` and `error` is there. `asked`: the id or key as it was given."""

    asked: str
    job: JobOut | None = None
    error: ErrorOut | None = None


class JobsOrErrors(Out):
    """One entry a job, in the order in which they were asked for."""

    jobs: list[JobOrError]


class Jobs(Out):
    """Which jobs are meant: ids or keys."""

    jobs: list[str] = Field(max_length=10_000)


class EventOut(Out):
    """Something that happened to a job. `cursor`: its place in the stream of all events.

    `state`, `done_code`: where it brought the job; null when the job stayed where it was.
    """

    cursor: str
    key: str
    job: str
    type: str
    time: float
    source: str
    attempt: int
    state: State | None
    done_code: DoneCode | None
    text: str
    reason: ReasonOut | None
    fields: dict[str, Any]

    @classmethod
    def of(cls, view: EventView, job: str) -> EventOut:
        return cls(
            cursor=str(view.cursor),
            key=view.key,
            job=job,
            type=view.type,
            time=view.time,
            source=view.source,
            attempt=view.attempt,
            state=view.state,
            done_code=view.done_code,
            text=event_text(view.type, view.data, view.reason),
            reason=ReasonOut.model_validate(view.reason) if view.reason else None,
            fields={name: value for name, value in view.data.items() if name not in ("reason", "failure")},
        )


class HistoryOut(Out):
    """All events of a job in the order in which they arrived."""

    events: list[EventOut]


def _of_nodes(view: JobView) -> dict[str, Any]:
    return {"histogram": dict(view.histogram), "parent": view.parent or None, "node_name": view.node_name or None}


def _fields(view: JobView | AttemptView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__slots__}
