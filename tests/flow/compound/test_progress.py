"""Nodes go along their edges: compared with a model that looks at the whole graph after every step."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, event

from gridwms.describe.compound import Edge
from gridwms.flow.cancel import cancel
from gridwms.flow.compound import advance, sweep
from gridwms.flow.retry import retry
from gridwms.flow.status import nodes_of
from gridwms.jobs.ids import node_key
from gridwms.jobs.states import State
from tests.flow.compounds import compound, end, hand_in, node, place, run, sound, states, view
from tests.flow.conftest import Stage


@dataclass
class Model:
    """What each node should be, by the rules said plainly (gLite reference §1.6, and weak edges)."""

    count: int
    edges: list[Edge]
    max_running: int
    nodes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes = ["held"] * self.count
        self.settle()

    def settle(self) -> None:
        again = True
        while again:
            again = False
            for child in range(self.count):
                into = [(self.nodes[edge.parent], edge.weak) for edge in self.edges if edge.child == child]
                hopeless = any(state in ("bad", "doomed", "cancelled") and not weak for state, weak in into)
                if self.nodes[child] == "held" and hopeless:
                    self.nodes[child], again = "doomed", True
                elif self.nodes[child] == "doomed" and not hopeless:
                    self.nodes[child], again = "held", True
        for child in range(self.count):
            into = [(self.nodes[edge.parent], edge.weak) for edge in self.edges if edge.child == child]
            over = all(
                state == "good" or (weak and state not in ("held", "waiting", "running")) for state, weak in into
            )
            room = not self.max_running or self.flying() < self.max_running
            if self.nodes[child] == "held" and over and room:
                self.nodes[child] = "waiting"

    def flying(self) -> int:
        return sum(state in ("waiting", "running") for state in self.nodes)


SHOWN = {
    "held": "SUBMITTED",
    "waiting": "WAITING",
    "running": "RUNNING",
    "good": "DONE",
    "exit": "DONE",
    "bad": "ABORTED",
    "doomed": "ABORTED",
    "cancelled": "CANCELLED",
}


def a_graph(rng: random.Random) -> tuple[int, list[tuple[int, int, bool]]]:
    count = rng.randrange(2, 9)
    order = rng.sample(range(count), count)
    chosen = [
        (order[a], order[b], rng.random() < 0.3)
        for a in range(count)
        for b in range(a + 1, count)
        if rng.random() < 0.35
    ]
    return count, chosen or [(order[0], order[1], False)]


def same(stage: Stage, key: str, model: Model) -> None:
    shown = [SHOWN["bad" if state == "bad" else state] for state in model.nodes]
    assert states(stage.world, key) == shown, (model, states(stage.world, key))
    assert not model.max_running or model.flying() <= model.max_running


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_go_as_the_model_says(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)
    count, edges = a_graph(rng)
    limit = rng.choice((0, 0, 1, 2))
    key = hand_in(stage.world, compound(stage.world, count, edges, max_running=limit))
    # A payload that fails ends its node for those that need it, but the node itself stays DONE.
    model = Model(count, [Edge(*edge) for edge in edges], limit)
    exits: set[int] = set()

    def check() -> None:
        model.settle()
        shown = ["DONE" if n in exits and s == "bad" else SHOWN[s] for n, s in enumerate(model.nodes)]
        assert states(stage.world, key) == shown, (model, exits)

    check()
    for _ in range(4 * count):
        waiting = [n for n, state in enumerate(model.nodes) if state == "waiting"]
        running = [n for n, state in enumerate(model.nodes) if state == "running"]
        failed = [n for n, state in enumerate(model.nodes) if state in ("bad", "cancelled")]
        held = [n for n, state in enumerate(model.nodes) if state in ("held", "waiting")]
        move = rng.random()
        if waiting and move < 0.4:
            chosen = rng.choice(waiting)
            place(stage.world, key, chosen)
            model.nodes[chosen] = "running"
        elif running and move < 0.85:
            chosen = rng.choice(running)
            outcome = rng.choice(("good", "good", "exit", "lost"))
            end(stage.world, key, chosen, outcome)
            model.nodes[chosen] = "good" if outcome == "good" else "bad"
            (exits.add if outcome == "exit" else exits.discard)(chosen)
        elif failed and move < 0.93:
            chosen = rng.choice(failed)
            before = model.nodes[chosen]
            into = [(model.nodes[edge.parent], edge.weak) for edge in model.edges if edge.child == chosen]
            retry(stage.world, "ann", [node_key(key, chosen)])
            hopeless = any(state in ("bad", "doomed", "cancelled") and not weak for state, weak in into)
            model.nodes[chosen] = "doomed" if hopeless else "held"
            exits.discard(chosen)
            assert before in ("bad", "cancelled")
        elif held and move > 0.97:
            chosen = rng.choice(held)
            cancel(stage.world, "ann", [node_key(key, chosen)])
            model.nodes[chosen] = "cancelled"
        check()
    assert sound(stage.world)


def test_a_diamond(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 4, [(0, 1), (0, 2), (1, 3), (2, 3)]))
    assert states(stage.world, key) == ["WAITING", "SUBMITTED", "SUBMITTED", "SUBMITTED"]
    run(stage.world, key, 0)
    run(stage.world, key, 2)
    assert states(stage.world, key) == ["DONE", "WAITING", "DONE", "SUBMITTED"]
    run(stage.world, key, 1)
    run(stage.world, key, 3)
    shown = view(stage.world, key)
    assert (shown.state, shown.reason and shown.reason.sentence) == (State.DONE, "DAG successfully completed")
    assert sound(stage.world)


def test_a_failed_payload_gives_up_what_needs_it_and_not_what_does_not(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 4, [(0, 1), (1, 2), (0, 3, True)]))
    run(stage.world, key, 0, "exit")
    assert states(stage.world, key) == ["DONE", "ABORTED", "ABORTED", "WAITING"]
    given_up = node(stage.world, key, 2)
    assert given_up.reason is not None
    assert given_up.reason.sentence == "parents have aborted"
    run(stage.world, key, 3)
    shown = view(stage.world, key)
    assert shown.state is State.ABORTED
    assert shown.reason is not None
    assert shown.reason.sentence == "DAG completed with failed jobs: 3 of 4"
    assert [job.node_name for job in nodes_of(stage.world, key, failed=True).jobs] == ["n0", "n1", "n2"]


def test_a_dag_is_rescued(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 4, [(0, 1), (1, 2), (2, 3)]))
    run(stage.world, key, 0)
    run(stage.world, key, 1, "lost")
    assert states(stage.world, key) == ["DONE", "ABORTED", "ABORTED", "ABORTED"]
    [answer] = retry(stage.world, "ann", [key])
    assert (answer.done, answer.sentence) == (True, "3 nodes are tried again")
    assert states(stage.world, key) == ["DONE", "WAITING", "SUBMITTED", "SUBMITTED"]
    for number in (1, 2, 3):
        run(stage.world, key, number)
    assert view(stage.world, key).state is State.DONE
    assert not retry(stage.world, "ann", [key])[0].done
    assert sound(stage.world)


def test_long_chains_and_wide_fans_go_in_bulk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance, "MOST", 20)
    monkeypatch.setattr(sweep, "MOST", 20)
    chain = hand_in(stage.world, compound(stage.world, 130, [(n, n + 1) for n in range(129)]))
    fan = hand_in(
        stage.world, compound(stage.world, 130, [(0, n) for n in range(1, 129)] + [(n, 129) for n in range(1, 129)])
    )
    run(stage.world, chain, 0, "lost")
    run(stage.world, fan, 0)
    while sweep.sweep(stage.world):
        pass
    assert states(stage.world, chain) == ["ABORTED"] * 130
    assert states(stage.world, fan) == ["DONE", *["WAITING"] * 128, "SUBMITTED"]
    retry(stage.world, "ann", [node_key(chain, 0)])
    cancel(stage.world, "ann", [fan])
    while sweep.sweep(stage.world):
        pass
    assert states(stage.world, chain) == ["WAITING", *["SUBMITTED"] * 129]
    assert states(stage.world, fan) == ["DONE", *["CANCELLED"] * 129]
    assert view(stage.world, fan).state is State.CANCELLED
    assert sound(stage.world)


def test_ending_a_node_costs_by_its_edges(stage: Stage) -> None:
    """The statements for one node are as many in a graph of 5 as in one of 500."""

    def statements(count: int) -> int:
        key = hand_in(stage.world, compound(stage.world, count, [(n, n + 1) for n in range(count - 1)]))
        place(stage.world, key, 0)
        seen: list[str] = []

        def note(_connection: Connection, _cursor: object, text: str, *_rest: object) -> None:
            seen.append(text)

        engine = stage.world.database._engine
        event.listen(engine, "before_cursor_execute", note)
        end(stage.world, key, 0)
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    assert statements(5) == statements(500)


def test_only_so_many_nodes_of_a_collection_run_at_once(stage: Stage) -> None:
    key = hand_in(stage.world, compound(stage.world, 5, max_running=2))
    assert states(stage.world, key) == ["WAITING", "WAITING", "SUBMITTED", "SUBMITTED", "SUBMITTED"]
    run(stage.world, key, 1)
    assert states(stage.world, key) == ["WAITING", "DONE", "WAITING", "SUBMITTED", "SUBMITTED"]
    assert view(stage.world, key).state is State.WAITING
    assert sound(stage.world)
