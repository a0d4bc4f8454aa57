"""Jobs with all their nodes in a few words; held until they are started; retired when their output was fetched."""

from __future__ import annotations

import pytest

from gridwms.flow import stated
from gridwms.flow.cancel import cancel
from gridwms.flow.compound.names import child_names
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.named_input import input_called
from gridwms.flow.purge import purge, retire
from gridwms.flow.submit import put_input, register, start
from gridwms.jobs.states import State
from tests.flow.conftest import Stage
from tests.flow.test_purge import done

DAG = b"""[ Type = "dag"; Nodes = [
    a = [Description = [Executable = "/bin/a"]]; b = [Description = [Executable = "/bin/b"]];
    Dependencies = {{a, b}} ] ]"""
TWO = b"""[ Type = "collection"; Nodes = {
    [NodeName = "one"; Executable = "/bin/cat"; InputSandbox = {"/a/x", "/a/own"}],
    [NodeName = "two"; Executable = "/bin/cat"; InputSandbox = {"/b/x"}] } ]"""


def handed_in(stage: Stage, text: bytes, delegation: str = "") -> str:
    [answer] = register(stage.world, "ann", "", [text], held=True, delegation=delegation)
    assert (answer.key is not None, answer.state) == (True, State.SUBMITTED), answer.problems
    return answer.key or ""


def test_a_held_job_waits_for_its_start(stage: Stage) -> None:
    key = handed_in(stage, b'[Executable = "/bin/true"]', "mine")
    stage.schedule()
    assert stated.states(stage.world, key) == (State.SUBMITTED, [])
    assert stated.delegation_of(stage.world, key) == ("ann", "mine")
    assert start(stage.world, [key])[key] is State.WAITING


def test_a_held_compound_waits_with_all_nodes(stage: Stage) -> None:
    key = handed_in(stage, DAG, "mine")
    (first, _), (second, _) = names = child_names(stage.world, key)
    assert [name for _key, name in names] == ["a", "b"]
    stage.schedule()
    assert stated.states(stage.world, key) == (State.SUBMITTED, [(first, State.SUBMITTED), (second, State.SUBMITTED)])
    assert stated.delegation_of(stage.world, second) == ("ann", "mine")
    start(stage.world, [key])
    assert stated.states(stage.world, key)[1] == [(first, State.WAITING), (second, State.SUBMITTED)]
    text = stated.description(stage.world, key, original=False)
    assert "Dependencies = { { a, b } };" in text
    assert 'Executable = "/bin/b"' in text


def test_the_description_as_it_was_handed_in(stage: Stage) -> None:
    key = handed_in(stage, b'[Executable = "/bin/true"; Mine = 1]')
    stated.keep_original(stage.world, key, b"# mine\nExecutable = 1")
    assert stated.description(stage.world, key, original=True) == "# mine\nExecutable = 1"
    assert "Mine = 1" in stated.description(stage.world, key, original=False)


def test_files_by_their_names(stage: Stage) -> None:
    key = handed_in(stage, TWO)
    one, two = (child for child, _name in child_names(stage.world, key))
    assert input_called(stage.world, one, "x") != input_called(stage.world, two, "x")
    for child, name in ((one, "x"), (one, "own"), (two, "x")):
        owner, index = input_called(stage.world, child, name)
        put_input(stage.world, owner, index, [name.encode()], None)
    assert start(stage.world, [key])[key] is not State.SUBMITTED
    with pytest.raises(NotFound, match="2 different input files called 'x'"):
        input_called(stage.world, key, "x")
    with pytest.raises(NotFound, match="no input file called 'own'"):
        input_called(stage.world, two, "own")


def test_one_that_is_retired_is_cleared_without_files(stage: Stage) -> None:
    key = done(stage)
    assert retire(stage.world, "ann", key).state is State.CLEARED
    assert stage.world.sandbox.outputs(key, 1) == []
    waiting = handed_in(stage, b'[Executable = "/bin/true"]')
    assert not retire(stage.world, "ann", waiting).done


def test_a_purged_compound_has_no_description(stage: Stage) -> None:
    key = handed_in(stage, DAG)
    cancel(stage.world, "ann", [key])
    purge(stage.world, "ann", [key])
    with pytest.raises(NotInState, match="purged"):
        stated.description(stage.world, key, original=False)
