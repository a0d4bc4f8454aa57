"""Compounds are accepted whole and durable, and their nodes are jobs like any other."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from gridwms.describe.compound import Node
from gridwms.flow.compound import register as module
from gridwms.flow.status import history, list_jobs, nodes_of
from gridwms.jobs.ids import is_key, node_key
from gridwms.jobs.nodes import LIST_LENGTH
from gridwms.jobs.rebuild import rebuild
from gridwms.jobs.states import State
from gridwms.store import events as log
from gridwms.store import nodes
from gridwms.store.tables import events, jobs, node_lists
from tests.flow.compounds import compound, hand_in, node, sound, states, template, view
from tests.flow.conftest import Stage


def test_a_parametric_job_waits_at_once(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, LIST_LENGTH + 3))
    shown = view(stage.world, key)
    assert (shown.state, shown.nodes, shown.kind) == (State.WAITING, LIST_LENGTH + 3, "parametric")
    assert shown.histogram == {State.WAITING: LIST_LENGTH + 3}
    last = node(stage.world, key, LIST_LENGTH + 2)
    assert (last.node_name, last.value, last.state) == (f"n{LIST_LENGTH + 2}", str(LIST_LENGTH + 2), State.WAITING)
    assert is_key(last.key)
    assert last.expires_at == 1000.0 + stage.world.settings.expiry_seconds
    assert rebuild(one.event for one in stage.world.database.read(lambda c: log.of_job(c, last.key))) == last


def test_nodes_cost_no_event_each(stage: Stage) -> None:
    hand_in(stage.world, compound(stage.world, 50))
    assert stage.world.database.read(lambda c: c.scalar(select(func.count()).select_from(events))) == 2


def test_the_history_of_a_node_begins_with_its_registration(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 3))
    told = history(stage.world, node_key(key, 1))
    assert [(event.type, event.state) for event in told] == [("Registered", "SUBMITTED"), ("Accepted", "WAITING")]
    assert told[0].data["value"] == "1"


def test_each_node_has_its_own_description(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 3))
    stage.schedule()
    stage.errands()
    lines = [re.findall(r"/bin/echo'*\W* (\w+)'", handover.wrapper) for handover in stage.site.handovers]
    assert sorted(lines) == [["0"], ["1"], ["2"]]
    assert states(stage.world, key) == ["SCHEDULED"] * 3


def test_nodes_match_in_one_class_unless_matching_reads_the_value(stage: Stage) -> None:
    plain = hand_in(stage.world, compound(stage.world, 3))
    reading = template(
        stage.world, 'Requirements = other.GlueCEInfoHostName == "ce_PARAM_.example.org"', matching_varies=True
    )
    picky = hand_in(stage.world, compound(stage.world, 3, templates=(reading,)))
    assert len({node(stage.world, plain, number).match_class for number in range(3)}) == 1
    assert len({node(stage.world, picky, number).match_class for number in range(3)}) == 3
    stage.schedule()
    assert states(stage.world, picky) == ["WAITING", "READY", "WAITING"]
    assert sound(stage.world)


def test_nodes_page_and_lists_show_the_whole(stage: Stage) -> None:
    [single] = stage.submit()
    key = hand_in(stage.world, compound(stage.world, 5))
    [later] = stage.submit()
    page = list_jobs(stage.world, owner="ann", limit=2)
    assert [job.key for job in page.jobs] == [later, key]
    assert [job.key for job in list_jobs(stage.world, owner="ann", after=page.next).jobs] == [single]
    first = nodes_of(stage.world, key, limit=3)
    assert [job.node_name for job in first.jobs] == ["n0", "n1", "n2"]
    assert first.next is not None
    rest = nodes_of(stage.world, key, after=first.next, limit=3)
    assert ([job.node_name for job in rest.jobs], rest.next) == (["n3", "n4"], None)
    assert first.jobs[0].parent.endswith(f"/jobs/{key}")


def test_numbers_go_on_behind_the_nodes(stage: Stage) -> None:
    first = hand_in(stage.world, compound(stage.world, 4))
    [single] = stage.submit()
    second = hand_in(stage.world, compound(stage.world, 2))
    assert (len(states(stage.world, first)), len(states(stage.world, second))) == (4, 2)
    assert stage.job(single).parent is None
    assert sound(stage.world)


def test_what_fails_in_the_middle_leaves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object) -> None:
        raise KeyError("in the middle")

    monkeypatch.setattr(nodes, "add_edges", fails)
    with pytest.raises(KeyError):
        hand_in(stage.world, compound(stage.world, 2 * LIST_LENGTH, [(0, 1)]))
    for table in (jobs, events, node_lists):
        assert stage.world.database.read(lambda c, table=table: c.scalar(select(func.count()).select_from(table))) == 0


def test_too_many_nodes_are_refused_by_name(stage: Stage) -> None:
    class Many(list[Node]):
        def __len__(self) -> int:
            return 10**7

    refused = module.prepare_compound(stage.world, compound(stage.world, Many()), ())
    assert isinstance(refused, tuple)
    assert [problem.code for problem in refused] == ["too_many_nodes"]
    assert "max_nodes" in str(refused[0])
