"""Why a job is where it is: every cause that a user meets at two in the morning, each with its own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gridwms.flow import sites
from gridwms.flow.cancel import cancel
from gridwms.flow.explain import Why, why
from gridwms.flow.record import record
from gridwms.flow.schedule import Scheduler
from gridwms.flow.worker import put_output
from gridwms.flow.world import Quota, SitePolicy
from gridwms.jobs.events import Ended, EndKind, Finished, Noticed, PayloadStarted, Running
from gridwms.jobs.reasons import reason
from gridwms.jobs.states import State
from gridwms.sandbox.errors import SandboxFull
from gridwms.store import verdicts
from gridwms.store.verdicts import KEPT
from tests.flow.conftest import Stage, place
from tests.flow.test_feedback import run, sent


def told(stage: Stage, key: str) -> Why:
    return why(stage.world, key)


def waiting(stage: Stage, extra: str = "") -> str:
    (key,) = stage.submit(extra)
    stage.schedule()
    return key


# waiting for a match


def test_no_clause_is_met_and_which_change_would_help(stage: Stage) -> None:
    stage.market.put(*(place(n, GlueHostMainMemoryRAMSize=500 * n) for n in range(1, 5)))
    key = waiting(stage, "Requirements = other.GlueHostMainMemoryRAMSize >= 4000")
    answer = told(stage, key)
    assert answer.reason is not None and answer.reason.code == "no_match"
    assert answer.best == (
        "other.GlueHostMainMemoryRAMSize >= 500 instead of other.GlueHostMainMemoryRAMSize >= 4000 would open "
        "4 resources."
    )
    assert answer.misses[0]["fails"] == ("other.GlueHostMainMemoryRAMSize >= 4000",)
    assert answer.misses[0]["has"] == (("gluehostmainmemoryramsize", "500"),)
    assert answer.clauses[0]["rejects"] == 4


def test_what_changed_since_and_when(stage: Stage) -> None:
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=500))
    key = waiting(stage, "Requirements = other.GlueHostMainMemoryRAMSize >= 4000")
    stage.time[0] += 100
    stage.market.put(*(place(n, GlueHostMainMemoryRAMSize=500) for n in range(1, 4)))
    answer = told(stage, key)
    assert answer.since == 1000.0, "it waits for the same reason since"
    assert answer.changes == (
        "3 resources are known, 2 more are there than before.",
        "The job's clause other.GlueHostMainMemoryRAMSize >= 4000 rejects 3, not 1.",
    )
    stage.market.put(
        place(
            1,
            GlueHostMainMemoryRAMSize=8000,
            GlueCEStateFreeJobSlots=0,
            GlueCEPolicyMaxWaitingJobs=1,
            GlueCEStateWaitingJobs=1,
        )
    )
    stage.schedule()
    answer = told(stage, key)
    assert answer.reason is not None and answer.reason.code == "all_full" and answer.since == 1100.0
    assert [one.reason and one.reason.code for one in answer.verdicts] == ["no_match", "all_full"]
    assert answer.verdicts[1].changes[0] == "1 meet the requirements, not 0 as before."


def test_numbers_that_change_are_recorded_now_and_then_and_not_for_ever(stage: Stage) -> None:
    key = waiting(stage, 'Requirements = false && other.GlueCEStateStatus == "Production"')
    scheduler = Scheduler(stage.world)
    for number in range(2, KEPT + 10):
        stage.market.put(*(place(n) for n in range(number)))
        stage.time[0] += 10
        scheduler.round()
        stage.time[0] += 300
        scheduler.round()
    match_class = stage.job(key).match_class
    kept = stage.world.database.read(lambda c: verdicts.history(c, match_class, 1000))
    assert len(kept) == KEPT
    assert told(stage, key).since == 1000.0 < kept[0].since


def test_the_same_numbers_are_recorded_once(stage: Stage) -> None:
    key = waiting(stage, "Requirements = other.GlueHostMainMemoryRAMSize >= 4000")
    scheduler = Scheduler(stage.world)
    for _ in range(5):
        stage.time[0] += 400
        stage.market.put(place())
        scheduler.round()
    assert len(told(stage, key).verdicts) == 1


def test_a_limit_of_the_service_at_a_site(stage: Stage) -> None:
    policy = SitePolicy(max_jobs=2)
    stage.world.settings = replace(stage.world.settings, site_policies={"scripted": policy})
    sent(stage, 2)
    assert "scripted has as many jobs of this service as it may (max_jobs = 2)" in told(stage, waiting(stage)).sentence


def test_the_element_is_full(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=0, GlueCEPolicyMaxWaitingJobs=1, GlueCEStateWaitingJobs=1))
    assert "no slot is free and no job more may wait there" in told(stage, waiting(stage)).sentence


def test_one_part_rests_and_the_other_is_drained(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=12), place(2, GlueCEStateFreeJobSlots=0))
    run(stage, sent(stage, 12), fault=True)
    stage.market.put(place(1), place(2, GlueCEStateFreeJobSlots=0, GlueCEPolicyMaxTotalJobs=5, GlueCEStateTotalJobs=4))
    sent(stage, 1)
    sentence = told(stage, waiting(stage)).sentence
    assert "rests until 1970-01-01 00:21:40 UTC: Cannot create directory" in sentence
    assert "(1 of them)" in sentence
    sites.drain(stage.world, "scripted", by="olga", reason="power", begins=None, ends=5000.0)
    answer = told(stage, waiting(stage))
    assert answer.reason is not None and answer.reason.code == "site_closed"
    assert "scripted is drained by olga until 1970-01-01 01:23:20 UTC: power" in answer.sentence


def test_nothing_in_the_market(stage: Stage) -> None:
    stage.market.put()
    assert told(stage, waiting(stage)).sentence == "The market holds no resource at all."


def test_a_retry_waits_for_a_host_it_has_not_tried(stage: Stage) -> None:
    full = {"GlueCEStateFreeJobSlots": 0, "GlueCEPolicyMaxWaitingJobs": 1, "GlueCEStateWaitingJobs": 1}
    (key,) = sent(stage, 1)
    run(stage, [key], fault=True)
    stage.market.put(place(1), place(2, **full))
    stage.schedule()
    assert stage.job(key).state is State.WAITING
    assert told(stage, key).sentence.startswith("1 resources match on hosts where it has not failed yet, and all")


def test_places_are_free_and_nobody_gives_them_out(stage: Stage) -> None:
    stage.site.refusing = True
    (key,) = stage.submit()
    assert told(stage, key).sentence == "The job is about to be matched."
    stage.time[0] += 120
    answer = told(stage, key)
    assert "no place was given out in 120 s" in answer.sentence
    assert "'schedule'" in answer.advice
    (later,) = stage.submit()
    stage.time[0] += 120
    assert "1 job of its kind that is older goes first" in told(stage, later).sentence


# on its way and at the site


def test_a_delivery_in_doubt(stage: Stage) -> None:
    stage.site.down_after_taking = True
    (key,) = stage.submit()
    stage.schedule()
    stage.errands()
    assert "does not answer: the line went dead" in told(stage, key).sentence
    stage.world.has_answered("scripted")
    answer = told(stage, key)
    assert answer.sentence.startswith("It was handed to scripted, which has not said whether it took it (asked ")
    assert "after 600 s" in answer.advice


def test_others_go_there_first(stage: Stage) -> None:
    keys = stage.submit(count=3)
    stage.schedule()
    sentences = {told(stage, key).sentence for key in keys}
    assert any("2 others go to scripted before it" in one for one in sentences)


def test_a_silent_site_told_by_another_instance(stage: Stage) -> None:
    (key,) = sent(stage, 1)
    stage.world.has_failed("scripted", "no route to host")
    from gridwms.flow.silence import tell_silences

    tell_silences(stage.world, ["scripted"])
    stage.world.troubles.clear()
    assert told(stage, key).sentence == (
        "It is at the site scripted, which does not answer since 1970-01-01 00:16:40 UTC: no route to host"
    )


def test_in_the_queue_longer_than_usual(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=12))
    seen = sent(stage, 12)
    stage.time[0] += 25
    run(stage, seen)
    (key,) = sent(stage, 1)
    stage.time[0] += 20
    answer = told(stage, key)
    assert "half of the jobs there started within 30 s, 19 in 20 within 30 s" in answer.sentence
    assert answer.advice == "Nothing to do."
    stage.time[0] += 280
    assert told(stage, key).advice.startswith("It waits for 5 min, longer than usual.")


def test_running_and_before_its_payload(stage: Stage) -> None:
    (key,) = sent(stage, 1)
    record(stage.world, [(key, Running(id="w-1-running", time=1000.0, attempt=1, node="n7"))])
    stage.time[0] += 90
    assert "It is on n7 of scripted for 90 s; its payload has not started" in told(stage, key).sentence


def test_running_and_no_output_yet(stage: Stage) -> None:
    (key,) = sent(stage, 1, 'StdOutput = "o"; OutputSandbox = {"o"}')
    record(stage.world, [(key, Running(id="w-1-running", time=1000.0, attempt=1, node="n7"))])
    record(stage.world, [(key, PayloadStarted(id="w-1-payload", time=1010.0, attempt=1, instance="i"))])
    stage.time[0] += 3 * 3600
    answer = told(stage, key)
    assert answer.sentence.startswith("It runs on n7 of scripted; its payload for 2 h. Nothing was heard of it for 2 h")
    assert "PerusalFileEnable" in answer.advice


def test_output_that_finds_no_room(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    (key,) = sent(stage, 1, 'StdOutput = "o"; OutputSandbox = {"o"}')
    record(stage.world, [(key, Running(id="w-1-running", time=1000.0, attempt=1, node="n7"))])

    def full(*_: Any) -> int:
        raise SandboxFull("no room", "make some")

    monkeypatch.setattr(stage.world.sandbox, "put_output", full)
    with pytest.raises(SandboxFull):
        put_output(stage.world, key, 1, "o", [b"x"])
    assert "its output cannot be taken over: there is no room left at the service" in told(stage, key).sentence
    monkeypatch.undo()
    put_output(stage.world, key, 1, "o", [b"x"])
    assert "cannot be taken over" not in told(stage, key).sentence


def test_done_and_its_output_is_missing(stage: Stage) -> None:
    (key,) = sent(stage, 1)
    missing = reason("output_missing", file="result.root")
    record(stage.world, [(key, Noticed(id="w-1-lost", time=1001.0, attempt=1, reason=missing))])
    record(stage.world, [(key, Finished(id="w-1-end", time=1002.0, attempt=1, exit_code=3))])
    answer = told(stage, key)
    assert answer.sentence == (
        "It is done; its exit code is 3. Of its output: Cannot read or missing file result.root."
    )
    assert "StdError" in answer.advice


def test_cancelled_and_not_yet_gone(stage: Stage) -> None:
    (key,) = sent(stage, 1)
    cancel(stage.world, "ann", [key])
    assert told(stage, key).sentence == "It was cancelled; the site scripted is stopping it."


def test_files_that_find_no_room_in_the_quota(stage: Stage) -> None:
    (key,) = stage.submit('InputSandbox = {"a"}')
    assert told(stage, key).sentence == "The job is registered; its input sandbox has not arrived whole."
    stage.world.settings = replace(stage.world.settings, quota=Quota(bytes=0))
    answer = told(stage, key)
    assert "the quota of ann is used up" in answer.sentence and "purge" in answer.advice


@pytest.mark.parametrize(
    "heard", [True, False], ids=["a wrapper that was ended by a signal", "a wrapper without a word"]
)
def test_what_the_site_ended_a_job_for(stage: Stage, heard: bool) -> None:
    """A wrapper that is ended knows the signal; the site knows that it was the time limit."""
    (key,) = sent(stage, 1, "RetryCount = 0; ShallowRetryCount = 0;")
    record(stage.world, [(key, PayloadStarted(id="w-1-payload", time=1001.0, attempt=1, instance="a"))])
    if heard:
        failure = reason("terminated", signal="TERM")
        record(stage.world, [(key, Finished(id="w-1-end", time=1002.0, attempt=1, exit_code=None, failure=failure))])
    limit = reason("killed_at_site", site="scripted", text="TIMEOUT")
    end = Ended(id="s-1-end", time=1003.0, attempt=1, kind=EndKind.KILLED, exit_code=19, reason=limit)
    record(stage.world, [(key, end)])
    assert stage.job(key).state is State.ABORTED
    assert told(stage, key).retries == (limit,)


def test_what_the_batch_system_says_of_one_that_waits(stage: Stage) -> None:
    (key,) = sent(stage, 1)
    tag = f"gw-{key}-1"
    stage.site.here[tag] = stage.site.here[tag]._replace(waits_for="PartitionDown")
    stage.look()
    assert "Its batch system says: PartitionDown." in told(stage, key).sentence
    stage.site.here[tag] = stage.site.here[tag]._replace(waits_for="")
    stage.look()
    assert "will run it when a slot" in told(stage, key).sentence
