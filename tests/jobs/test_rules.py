"""Retry rules: which failure leads to what."""

from __future__ import annotations

import pytest

from gridwms.jobs.events import (
    Aborted,
    Accepted,
    Delivered,
    Ended,
    EndKind,
    Matched,
    PayloadStarted,
    Resubmitted,
    Retried,
)
from gridwms.jobs.job import NO_WISHES, Job, Wishes
from gridwms.jobs.reasons import KINDS, Reason, reason
from gridwms.jobs.retry import RetryPolicy, decide, decision_id
from gridwms.jobs.rules import DEFAULT_RULES, STEPS, Rule, Step, Then, idle
from gridwms.jobs.steps import step
from tests.jobs.histories import registered

KILLED = "The site cluster ended the job: "


def failed(failure: Reason, *, payload: bool = True, job: Job | None = None, site: str = "cluster") -> Job:
    """A job whose newest attempt ended so."""
    if job is None:
        job, _ = step(None, registered(id="d000000000", retry_count=9, shallow_retry_count=9))
        job, _ = step(job, Accepted(id=decision_id(job), time=1.0))
    number = len(job.attempts) + 1
    matched = Matched(
        id=decision_id(job), time=2.0, attempt=number, site=site, ce=f"{site}:1/q", rank=0.0, considered=1, matching=1
    )
    reports = [Delivered(id=f"r{number}", time=3.0, attempt=number, receipt="1")]
    if payload:
        reports.append(PayloadStarted(id=f"p{number}", time=4.0, attempt=number, instance="i"))  # type: ignore[arg-type]
    ended = Ended(id=f"e{number}", time=5.0, attempt=number, kind=EndKind.KILLED, reason=failure)
    for event in (matched, *reports, ended):
        job, _ = step(job, event)
    return job


def killed(text: str) -> Reason:
    return reason("killed_at_site", site="cluster", text=text)


def resubmitted(job: Job, policy: RetryPolicy) -> Resubmitted:
    made = decide(job, policy, 6.0)
    assert isinstance(made, Resubmitted), made
    return made


@pytest.mark.parametrize(
    "text",
    [
        "it used more memory than it may (Slurm: OUT_OF_MEMORY)",
        "HTCondor holds it: Error from slot1: Job has gone over cgroup memory limit of 128 megabytes",
        "HTCondor removed it: memory usage exceeded request_memory",
        "PBS ended it with status 137 (job killed: mem 2097152kb exceeded limit 1048576kb of memory)",
        "Grid Engine says it failed (37 : qmaster enforced h_rt, h_cpu, or h_vmem limit)",
    ],
)
def test_out_of_memory_asks_for_more_and_more_until_the_limit(text: str) -> None:
    policy = RetryPolicy(rules=DEFAULT_RULES, memory_mb=3000)
    job = failed(killed(text))
    asked = []
    while isinstance(decision := decide(job, policy, 6.0), Resubmitted):
        job, _ = step(job, decision)
        asked.append(job.wishes.memory_mb)
        job = failed(killed(text), job=job)
    assert asked == [6000, 12000, 16384]
    assert isinstance(decision, Aborted)
    assert decision.reason is not None
    assert decision.reason.code == "hit_memory_limit"


@pytest.mark.parametrize("text", ["it ran longer than the time limit (Slurm: TIMEOUT)", "it was cancelled at the site"])
def test_other_ends_ask_for_nothing(text: str) -> None:
    made = resubmitted(failed(killed(text)), RetryPolicy())
    assert (made.memory_mb, made.avoid, made.shallow) == (0, "", False)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        Rule(then=Then.NEVER, reasons=frozenset({"killed_at_site"}), text="DEADLINE"),
        Rule(then=Then.ELSEWHERE, site="clus*", steps=frozenset({Step.SITE, Step.INPUT})),
        Rule(then=Then.SHALLOW, payload=True),
        Rule(then=Then.DEEP),
    )
    policy = RetryPolicy(rules=rules)
    assert isinstance(decide(failed(killed("its deadline (Slurm: deadline)")), policy, 6.0), Aborted)
    assert resubmitted(failed(killed("else")), policy).avoid == "cluster"
    assert resubmitted(failed(killed("else"), site="other"), policy).shallow
    early = resubmitted(failed(reason("hook_failed", hook="h", status=1), payload=False), policy)
    assert (early.shallow, early.avoid) == (False, "")


def test_what_the_registry_says_holds_where_no_rule_fits() -> None:
    assert isinstance(
        decide(failed(reason("executable_missing", file="x"), payload=False), RetryPolicy(), 6.0), Aborted
    )
    again = RetryPolicy(rules=(Rule(then=Then.AGAIN, reasons=frozenset({"executable_missing"})),))
    assert resubmitted(failed(reason("executable_missing", file="x"), payload=False), again).shallow


def test_what_a_job_has_learned_is_kept_until_a_user_tries_it_again() -> None:
    policy = RetryPolicy(rules=(Rule(then=Then.MORE_MEMORY, text="memory"), Rule(then=Then.ELSEWHERE)))
    job = failed(killed("x"))
    for site, text in (("other", "no memory"), ("third", "x")):
        job, _ = step(job, resubmitted(job, policy))
        job = failed(killed(text), job=job, site=site)
    assert job.wishes == Wishes(4096, "cluster\n")
    job, _ = step(job, resubmitted(job, policy))
    assert job.wishes == Wishes(4096, "cluster\nthird\n")
    job, _ = step(failed(killed("x"), job=job), Retried(id="r", time=9.0, by="ann"))
    assert job.wishes == NO_WISHES


def test_every_failure_of_an_attempt_belongs_to_a_step() -> None:
    assert STEPS.keys() <= KINDS.keys()
    assert {code for code, kind in KINDS.items() if kind.site_fault} <= STEPS.keys()


@pytest.mark.parametrize("wrong", [{"reasons": frozenset({"nonsense"})}, {"text": "("}])
def test_a_rule_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"nonsense|regular expression"):
        Rule(then=Then.AGAIN, **wrong)  # type: ignore[arg-type]


def test_a_rule_that_contradicts_itself_is_none() -> None:
    with pytest.raises(ValueError, match="never fits: 'killed_at_site' is of the step 'site'"):
        Rule(then=Then.NEVER, reasons=frozenset({"killed_at_site"}), steps=frozenset({Step.INPUT}))


NARROW = Rule(then=Then.NEVER, site="short-1", reasons=frozenset({"input_failed"}), text="404", payload=False)


@pytest.mark.parametrize(
    ("before", "covers"),
    [
        (Rule(then=Then.AGAIN), True),
        (Rule(then=Then.AGAIN, steps=frozenset({Step.INPUT})), True),
        (Rule(then=Then.AGAIN, site="short-*"), True),
        (NARROW, True),
        (Rule(then=Then.AGAIN, site="long-*"), False),
        (Rule(then=Then.AGAIN, payload=True), False),
        (Rule(then=Then.AGAIN, text="50."), False),
        (Rule(then=Then.AGAIN, reasons=frozenset({"work_dir"})), False),
        (Rule(then=Then.AGAIN, steps=frozenset({Step.SITE})), False),
    ],
)
def test_a_rule_behind_another_that_takes_all_of_it(before: Rule, covers: bool) -> None:
    told = idle([before, NARROW], {"short-1", "long-1"})
    assert told == (["[[retry]] number 2 never decides: number 1 fits wherever it does"] if covers else [])
    assert idle([NARROW, Rule(then=Then.AGAIN)], {"short-1"}) == []


def test_a_rule_of_no_site() -> None:
    assert idle([Rule(then=Then.NEVER, site="shrot-*")], {"short-1"}) == [
        "[[retry]] number 1 never decides: no site is called 'shrot-*'"
    ]
