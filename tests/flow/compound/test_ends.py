"""How compounds begin and end apart from the ordinary: never started, kept too long, tried again, handed in twice."""

from __future__ import annotations

import pytest

from gridwms.describe.description import SandboxFile
from gridwms.flow.cancel import cancel
from gridwms.flow.collect import clear
from gridwms.flow.errors import IsCompound, NotInState
from gridwms.flow.expire import expire
from gridwms.flow.find import the_job
from gridwms.flow.purge import purge_old
from gridwms.flow.retry import retry
from gridwms.flow.submit import put_input, register, start
from gridwms.jobs.ids import node_key
from gridwms.jobs.states import State
from gridwms.store import descriptions
from gridwms.store.tables import descriptions as texts
from tests.flow.compounds import compound, end, hand_in, node, place, run, sound, states, template, view
from tests.flow.conftest import Stage

OWN = b"""[ JobType = "Parametric"; Parameters = 2; Executable = "/bin/cat"; Arguments = "part_PARAM_";
  InputSandbox = { "common", "part_PARAM_" }; ]"""


def test_files_of_all_and_files_of_each_are_awaited(stage: Stage) -> None:
    [answer] = register(stage.world, "ann", "", [OWN])
    key = answer.key
    assert key is not None
    assert (answer.state, answer.nodes) == (State.SUBMITTED, 2)
    assert [(upload.key, upload.name) for upload in answer.uploads] == [
        ("", "common"),
        (node_key(key, 0), "part0"),
        (node_key(key, 1), "part1"),
    ]
    for number, upload in enumerate(answer.uploads):
        with pytest.raises(NotInState, match="missing"):
            start(stage.world, [key])
        put_input(stage.world, upload.key or key, upload.index, [b"x" * number], None)
    assert start(stage.world, [key]) == {key: State.WAITING}
    assert states(stage.world, key) == ["WAITING", "WAITING"]
    with pytest.raises(NotInState, match="can no longer change"):
        put_input(stage.world, key, 0, [b"late"], None)
    assert sound(stage.world)


def test_handed_in_again_with_the_same_key_it_is_the_same(stage: Stage) -> None:
    [first] = register(stage.world, "ann", "", [OWN], "campaign")
    [again] = register(stage.world, "ann", "", [OWN], "campaign")
    assert (again.key, again.nodes, len(again.uploads)) == (first.key, 2, 3)


def test_one_that_is_never_started_is_given_up(stage: Stage) -> None:
    shared = (SandboxFile(name="tool", local="tool"),)
    key = hand_in(stage.world, compound(stage.world, 3, [(0, 1)], shared=shared))
    stage.pass_time(stage.world.settings.start_seconds - 1)
    expire(stage.world)
    assert states(stage.world, key) == ["SUBMITTED"] * 3
    stage.pass_time(2)
    expire(stage.world)
    assert states(stage.world, key) == ["ABORTED"] * 3
    assert view(stage.world, key).state is State.ABORTED
    assert sound(stage.world)


def test_nodes_that_wait_for_others_do_not_grow_old(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 2, [(0, 1)]))
    place(stage.world, key, 0)
    stage.pass_time(stage.world.settings.expiry_seconds + stage.world.settings.start_seconds + 1)
    expire(stage.world)
    assert states(stage.world, key) == ["RUNNING", "SUBMITTED"]
    end(stage.world, key, 0)
    assert node(stage.world, key, 1).expires_at == stage.time[0] + stage.world.settings.expiry_seconds


def test_a_request_that_expires_takes_its_children_along(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 3, [(0, 1), (1, 2)]))
    stage.pass_time(stage.world.settings.expiry_seconds + 1)
    expire(stage.world)
    assert states(stage.world, key) == ["ABORTED"] * 3
    retry(stage.world, "ann", [node_key(key, 0)])
    assert states(stage.world, key) == ["WAITING", "SUBMITTED", "SUBMITTED"]
    assert sound(stage.world)


def test_kept_long_enough_it_goes_whole(stage: Stage) -> None:
    stage.world.settings.keep_seconds[State.CLEARED] = 100.0  # type: ignore[index]
    key = hand_in(stage.world, compound(stage.world, 2))
    for number in (0, 1):
        run(stage.world, key, number)
        stage.world.sandbox.put_output(node_key(key, number), 1, "out", [b"x"])
    clear(stage.world, [key])
    stage.pass_time(99)
    assert purge_old(stage.world) == 0
    stage.pass_time(2)
    assert purge_old(stage.world) == 1
    assert states(stage.world, key) == ["PURGED", "PURGED"]
    assert stage.world.sandbox.outputs(node_key(key, 0), 1) == []
    digest = node(stage.world, key, 0).description
    assert stage.world.database.read(lambda c: descriptions.get_descriptions(c, [digest])) == {}
    assert stage.world.database.read(lambda c: c.execute(texts.select()).all()) == []
    assert not retry(stage.world, "ann", [key])[0].done
    assert sound(stage.world)


def test_single_jobs_are_tried_again(stage: Stage) -> None:
    keys = stage.submit(count=2)
    cancel(stage.world, "ann", keys[:1])
    stage.pass_time(5)
    answers = retry(stage.world, "ann", keys)
    assert [(answer.done, answer.state) for answer in answers] == [(True, State.WAITING), (False, State.WAITING)]
    stage.schedule()
    assert stage.job(keys[0]).state is State.READY
    assert sound(stage.world)


def test_a_cancelled_compound_is_tried_again_whole_or_in_part(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 4, [(0, 1), (2, 3)]))
    cancel(stage.world, "ann", [key])
    assert states(stage.world, key) == ["CANCELLED"] * 4
    [answer] = retry(stage.world, "ann", [node_key(key, 0)])
    assert answer.done
    assert states(stage.world, key) == ["WAITING", *["CANCELLED"] * 3]
    retry(stage.world, "ann", [key])
    assert states(stage.world, key) == ["WAITING", "SUBMITTED", "WAITING", "SUBMITTED"]
    assert sound(stage.world)


def test_one_node_cancelled_alone_ends_those_after_it(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 3, [(0, 1)]))
    cancel(stage.world, "ann", [node_key(key, 0)])
    assert states(stage.world, key) == ["CANCELLED", "ABORTED", "WAITING"]
    [answer] = retry(stage.world, "ann", [node_key(key, 1)])
    assert (answer.done, answer.sentence) == (False, "nodes that it needs have failed: retry those")
    assert states(stage.world, key) == ["CANCELLED", "ABORTED", "WAITING"]
    assert sound(stage.world)


def test_nodes_retry_as_jobs_do(stage: Stage) -> None:
    patient = (template(stage.world, "ShallowRetryCount = 2;"),)
    key = hand_in(stage.world, compound(stage.world, 2, templates=patient))
    stage.site.refusing = True
    stage.schedule()
    stage.errands()
    assert states(stage.world, key) == ["WAITING", "WAITING"]
    assert node(stage.world, key, 0).shallow_count == 1
    assert sound(stage.world)


def test_what_only_single_jobs_have_is_refused_with_a_word(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 2))
    with pytest.raises(IsCompound, match="only its nodes"):
        the_job(stage.world, key)
