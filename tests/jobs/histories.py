"""Random but possible histories: a service that decides on what has arrived, and reports that come as they like."""

from __future__ import annotations

import random

from gridwms.jobs.events import (
    Accepted,
    AccessChanged,
    CancelRequested,
    Cleared,
    Delivered,
    Ended,
    EndKind,
    Event,
    Finished,
    Matched,
    Noted,
    Noticed,
    PayloadStarted,
    Purged,
    Refused,
    Registered,
    Remark,
    Report,
    Retried,
    Running,
    Source,
    Tagged,
)
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import RetryPolicy, decide, decision_id
from gridwms.jobs.states import ENDED, DoneCode, State
from gridwms.jobs.steps import step

KEY = "AAAAAAAAAAAAAAAAAAAAAA"


def registered(**changes: object) -> Registered:
    values: dict[str, object] = {
        "key": KEY,
        "time": 0.0,
        "owner": "ann",
        "vo": "test",
        "description": "d",
        "match_class": "c",
        "retry_count": 2,
        "shallow_retry_count": 2,
    }
    return Registered(**(values | changes))  # type: ignore[arg-type]


def reports_of(rng: random.Random, attempt: int, now: float) -> list[Report]:
    """What one attempt may come to tell, in the order in which it happens."""
    out: list[Report] = []

    def at() -> float:
        return now + rng.random() * 10

    if rng.random() < 0.15:
        return [
            Refused(
                id=f"site-{attempt}-refused",
                time=at(),
                attempt=attempt,
                reason=reason("site_refused", site="s", text="no"),
            )
        ]
    out.append(Delivered(id=f"site-{attempt}-delivered", time=at(), attempt=attempt, receipt=f"r{attempt}"))
    if rng.random() < 0.6:
        out.append(
            Running(id=f"site-{attempt}-running", time=at(), attempt=attempt, node="site-node", source=Source.SITE)
        )
    for instance in range(rng.choice((0, 1, 1, 1, 2))):
        out.append(Running(id=f"worker-{attempt}-1-{instance}", time=at(), attempt=attempt, node=f"wn{instance}"))
        if rng.random() < 0.8:
            if not any(isinstance(event, PayloadStarted) for event in out):
                out.append(
                    PayloadStarted(id=f"worker-{attempt}-token", time=at(), attempt=attempt, instance=str(instance))
                )
            if rng.random() < 0.3:
                out.append(
                    Noticed(
                        id=f"worker-{attempt}-2-{instance}",
                        time=at(),
                        attempt=attempt,
                        reason=reason("output_missing", file="x"),
                    )
                )
        if rng.random() < 0.8:
            failure = rng.choice(
                (
                    None,
                    None,
                    reason("input_failed", file="a", text="b"),
                    reason("executable_missing", file="a"),
                    reason("withdrawn"),
                )
            )
            code = rng.choice((0, 1, 137)) if failure is None else None
            out.append(
                Finished(
                    id=f"worker-{attempt}-9-{instance}", time=at(), attempt=attempt, exit_code=code, failure=failure
                )
            )
    kind = rng.choice(list(EndKind))
    out.append(Ended(id=f"site-{attempt}-ended", time=at(), attempt=attempt, kind=kind, exit_code=0))
    return out


def remark_of(rng: random.Random, now: float) -> Remark:
    """Something that a user says about the job, perhaps for the second time."""
    ident, time = f"user-{rng.randrange(30)}", max(0.0, now - rng.choice((0, 3)))
    match rng.randrange(3):
        case 0:
            return Tagged(id=f"{ident}t", time=time, by="ann", name=rng.choice("ab"), value=str(now))
        case 1:
            return AccessChanged(
                id=f"{ident}a",
                time=time,
                by="ann",
                id_type="DN",
                who="/CN=bob",
                permission=rng.choice(("READ", "TAG", "STATUS")),
                allow=True,
                added=rng.random() < 0.7,
            )
        case _:
            return Noted(id=f"{ident}n", time=time, by="ann", lb_type="CurDescr", fields={"descr": "[]"})


def run(rng: random.Random, *, retries: bool = False) -> tuple[Job, list[Event]]:
    """Play one job: returns it as stepped in the order of arrival, and its log. `retries`: users may try it again."""
    log: list[Event] = []
    job: Job | None = None
    known: set[str] = set()
    in_flight: list[Report] = []

    def record(event: Event) -> None:
        nonlocal job
        if event.id in known:
            return
        known.add(event.id)
        log.append(event)
        job, _ = step(job, event)
        if (after := decide(job, RetryPolicy(2, 2), event.time)) is not None:
            record(after)

    record(registered(shallow_retry_count=rng.choice((-1, 0, 2))))
    assert job is not None
    for now in range(rng.randrange(5, 60)):
        choice = rng.random()
        if job.state is State.SUBMITTED:
            record(Accepted(id=decision_id(job), time=now))
        elif job.state is State.WAITING and choice < 0.6 and job.cancel_requested_at is None:
            number = len(job.attempts) + 1
            record(
                Matched(
                    id=decision_id(job), time=now, attempt=number, site="s", ce="ce", rank=1.0, considered=1, matching=1
                )
            )
            in_flight += reports_of(rng, number, now)
        elif choice < 0.04 and job.state not in ENDED and job.state is not State.DONE:
            record(CancelRequested(id=decision_id(job), time=now, by="ann"))
        elif choice < 0.1 and job.state is State.DONE and job.done_code is DoneCode.OK:
            record(Cleared(id=decision_id(job), time=now, reason=reason("output_retrieved")))
        elif retries and choice < 0.4 and (job.state in (State.ABORTED, State.CANCELLED) or job.exit_code == 1):
            if job.state in (State.DONE, State.CLEARED, State.ABORTED, State.CANCELLED):
                record(Retried(id=decision_id(job), time=now, by="ann", ready=choice < 0.3))
        elif choice < 0.12 and job.state in ENDED - {State.PURGED}:
            record(Purged(id=decision_id(job), time=now, reason=reason("purged_by_user", by="ann")))
        elif choice > 0.93:
            record(remark_of(rng, now))
        elif in_flight:
            at = rng.randrange(len(in_flight)) if rng.random() < 0.5 else 0
            record(in_flight[at])
            if rng.random() < 0.8:
                in_flight.pop(at)
    return job, log
