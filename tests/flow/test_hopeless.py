"""What is said at once of a description that no resource known now suits; it is accepted all the same."""

from __future__ import annotations

from gridwms.describe.problem import Severity
from gridwms.flow.check import check
from gridwms.flow.submit import register
from tests.flow.conftest import Stage, place


def warned(stage: Stage, extra: str) -> list[str]:
    text = f'[Executable = "/bin/true"; {extra}]'.encode()
    [answer] = register(stage.world, "ann", "", [text])
    assert answer.key, "it is accepted"
    assert all(problem.severity is Severity.WARNING for problem in answer.problems)
    found = [problem.message for problem in answer.problems if problem.code == "never"]
    assert found == [problem.message for problem in check(stage.world, text).problems if problem.code == "never"]
    return found


def test_a_clause_that_nothing_meets(stage: Stage) -> None:
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=2000), place(2, GlueHostMainMemoryRAMSize=4000))
    clause = "other.GlueHostMainMemoryRAMSize >= 64000"
    assert warned(stage, f"Requirements = {clause} && other.GlueCEStateFreeJobSlots > 1") == [
        f"no resource known now meets '{clause}'"
    ]
    assert warned(stage, "Requirements = other.GlueHostMainMemoryRAMSize >= 3000") == []


def test_clauses_that_only_together_leave_nothing_are_not_told(stage: Stage) -> None:
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=2000), place(2, GlueHostMainMemoryRAMSize=4000))
    both = "other.GlueHostMainMemoryRAMSize >= 3000 && other.GlueHostMainMemoryRAMSize < 3000"
    assert warned(stage, f"Requirements = {both}") == []


def test_a_name_that_nobody_publishes(stage: Stage) -> None:
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=2000))
    [text] = warned(stage, "Requirements = other.GlueHostMainMemoryRamSise > 5")
    assert text.endswith(": none publishes gluehostmainmemoryramsise (did you mean GlueHostMainMemoryRAMSize?)")


def test_a_place_that_is_not_known(stage: Stage) -> None:
    [text] = warned(stage, 'SubmitTo = "ce9.example.org:2119/jobmanager-test-default"')
    assert text.startswith("no resource known now is 'ce9.example.org")
    assert warned(stage, 'SubmitTo = "ce1.example.org:2119/jobmanager-test-default"') == []


def test_nothing_is_said_while_the_market_is_empty(stage: Stage) -> None:
    stage.market.put()
    assert warned(stage, "Requirements = other.GlueHostMainMemoryRAMSize >= 64000") == []


def test_a_market_that_has_changed_is_looked_at_anew(stage: Stage) -> None:
    extra = "Requirements = other.GlueHostMainMemoryRAMSize >= 64000"
    assert len(warned(stage, extra)) == 1
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=64000))
    assert warned(stage, extra) == []


def test_nodes_of_a_compound(stage: Stage) -> None:
    text = b'[ Type = "collection"; Nodes = { [ Executable = "/bin/true"; Requirements = other.Absent > 1 ] } ]'
    [answer] = register(stage.world, "ann", "", [text])
    assert answer.key
    assert [problem.code for problem in answer.problems if problem.code == "never"] == ["never"]
