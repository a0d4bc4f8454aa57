"""NodesCollocation: the first node that is placed decides for all."""

from __future__ import annotations

from gridwms.describe.compound import Node
from gridwms.describe.jdl import JdlDefaults, read_jdl
from gridwms.flow.explain import why
from gridwms.jobs.ids import node_key
from gridwms.jobs.states import State
from tests.flow.compounds import compound, hand_in, node, template
from tests.flow.conftest import Stage, place

NODES = [Node("a", 0, "a"), Node("b", 1, "b"), Node("c", 1, "c")]


def places(stage: Stage, key: str) -> list[str]:
    return [attempt.ce[:3] for number in range(3) for attempt in node(stage.world, key, number).attempts]


def together(stage: Stage) -> str:
    """Three nodes: the first can run anywhere, the others want much memory."""
    templates = (
        template(stage.world),
        template(stage.world, "Requirements = other.GlueHostMainMemoryRAMSize > 100;"),
    )
    return hand_in(stage.world, compound(stage.world, NODES, templates=templates, together=True))


def test_all_nodes_go_where_every_node_can_run(stage: Stage) -> None:
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=50), *(place(n, GlueHostMainMemoryRAMSize=500) for n in (2, 3)))
    key = together(stage)
    stage.schedule()
    assert places(stage, key) == ["ce2", "ce2", "ce2"]


def test_they_wait_for_that_element_rather_than_part(stage: Stage) -> None:
    stage.market.put(
        place(
            2,
            GlueHostMainMemoryRAMSize=500,
            GlueCEStateFreeJobSlots=1,
            GlueCEPolicyMaxWaitingJobs=1,
            GlueCEStateWaitingJobs=1,
        ),
        place(
            3,
            GlueHostMainMemoryRAMSize=500,
            GlueCEStateFreeJobSlots=0,
            GlueCEPolicyMaxWaitingJobs=1,
            GlueCEStateWaitingJobs=1,
        ),
    )
    key = together(stage)
    stage.schedule()
    assert places(stage, key) == ["ce2"]
    stage.market.put(place(3, GlueHostMainMemoryRAMSize=500))
    stage.schedule()
    assert places(stage, key) == ["ce2"]
    waiting = next(n for n in range(3) if node(stage.world, key, n).state is State.WAITING)
    assert "ce2.example.org" in why(stage.world, node_key(key, waiting)).sentence
    stage.market.put(place(2, GlueHostMainMemoryRAMSize=500), place(3, GlueHostMainMemoryRAMSize=500))
    stage.schedule()
    assert places(stage, key) == ["ce2", "ce2", "ce2"]


def test_no_element_for_all(stage: Stage) -> None:
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=50))
    key = together(stage)
    stage.schedule()
    assert places(stage, key) == []
    assert "NodesCollocation" in why(stage.world, node_key(key, 0)).sentence


def test_each_compound_of_one_text_decides_for_itself(stage: Stage) -> None:
    stage.market.put(place(2, GlueHostMainMemoryRAMSize=500))
    first = together(stage)
    stage.schedule()
    stage.market.put(place(3, GlueHostMainMemoryRAMSize=500))
    second = together(stage)
    stage.schedule()
    assert [places(stage, key) for key in (first, second)] == [["ce2"] * 3, ["ce3"] * 3]


def test_jdl_says_it() -> None:
    nodes = '{ [ Executable = "/bin/ls" ], [ Executable = "/bin/ps" ] }'
    reading = read_jdl(f'Type = "Collection"; NodesCollocation = true; Nodes = {nodes};', JdlDefaults(), now=0.0)
    assert reading.compound is not None, reading.problems
    assert reading.compound.together
