"""Priorities among one's own jobs, changed while they wait: of single jobs and of compounds."""

from __future__ import annotations

from dataclasses import replace

from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import read_jdl
from gridwms.flow.audit import audit
from gridwms.flow.prioritize import prioritize
from gridwms.flow.submit import register
from gridwms.flow.world import SitePolicy
from gridwms.jobs.states import State
from tests.flow.compounds import node, states
from tests.flow.conftest import Stage

COLLECTION = (
    b'[Type = "Collection"; Nodes = { [Executable = "/bin/true"; Priority = 3;], [Executable = "/bin/true";] };]'
)


def one_place(stage: Stage) -> None:
    stage.world.settings = replace(stage.world.settings, site_policies={"scripted": SitePolicy(max_jobs=1)})


def test_the_highest_goes_first_and_then_the_oldest(stage: Stage) -> None:
    one_place(stage)
    first, second, third = stage.submit(count=3)
    [answer, other] = prioritize(stage.world, "ann", [second, third], 5)
    assert (answer.done, answer.sentence) == (True, "priority 5 (was 0)")
    assert other.key == third
    prioritize(stage.world, "ann", [first], -5)
    stage.schedule()
    assert [stage.job(key).state for key in (first, second, third)] == [State.WAITING, State.READY, State.WAITING]
    [again] = prioritize(stage.world, "ann", [second], 9)
    assert again.sentence == "priority 9 (was 5); it counts if the job is tried again"
    assert list(audit(stage.world.database)) == []


def test_what_has_ended_is_left_alone(stage: Stage) -> None:
    from gridwms.flow.cancel import cancel

    [key] = stage.submit()
    cancel(stage.world, "ann", [key])
    [answer] = prioritize(stage.world, "ann", [key], 5)
    assert not answer.done and "CANCELLED already" in answer.sentence


def test_of_a_compound_all_nodes_that_wait(stage: Stage) -> None:
    one_place(stage)
    [single] = [one.key for one in register(stage.world, "ann", "", [b'[Executable = "/bin/true"; Priority = 1;]'])]
    [whole] = [one.key for one in register(stage.world, "ann", "", [COLLECTION])]
    assert single and whole
    [answer] = prioritize(stage.world, "ann", [whole], -1)
    assert answer.done, answer.sentence
    stage.schedule()
    assert stage.job(single).state is State.READY, "without the change the first node would have gone"
    assert states(stage.world, whole) == ["WAITING", "WAITING"]
    assert list(audit(stage.world.database)) == []


def test_a_submission_has_a_priority_for_all_in_it(stage: Stage) -> None:
    answers = register(stage.world, "ann", "", [COLLECTION, b'[Executable = "/bin/true"; Priority = 1;]'], priority=7)
    job = stage.job(answers[1].key or "")
    assert job.priority == 7
    assert [node(stage.world, answers[0].key or "", number).priority for number in (0, 1)] == [7, 7]


def test_the_description_says_what_is_accepted() -> None:
    reading = read_jdl('[Executable = "/bin/true"; Priority = 101;]', JdlDefaults(), now=0.0)
    assert [(one.code, one.attribute) for one in reading.problems] == [("out_of_range", "Priority")]
