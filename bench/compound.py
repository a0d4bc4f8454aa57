"""Large compounds: accepting them, asking how they are, and ending their nodes.

Arguments: nodes (100000). A parametric job is accepted from its JDL; DAGs are made as the readers of descriptions make
them. Ending a node is measured in CPU time a node and its edges, in graphs of the given size and of a tenth of it: that
it is the same says that it costs by the edges, not by the graph. No HTTP, no sites.
"""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gridwms.classad import ClassAd, unparse
from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.describe.compound import Compound, CompoundKind, Edge, Node, Template
from gridwms.describe.jdl.read import read_jdl
from gridwms.flow.compound.register import insert_compound, prepare_compound, registered_event
from gridwms.flow.compound.sweep import sweep
from gridwms.flow.record import record
from gridwms.flow.status import status
from gridwms.flow.submit import register
from gridwms.flow.world import World
from gridwms.jobs.events import Ended, EndKind, Event, Finished, Matched
from gridwms.jobs.ids import new_key
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import State
from gridwms.security import capability
from gridwms.store import compounds, nodes
from gridwms.store import jobs as rows

_BATCH = 500


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with _world() as world:
        text = f'[JobType = "Parametric"; Executable = "/bin/echo"; Arguments = "_PARAM_"; Parameters = {count};]'
        began, spent = time.perf_counter(), time.process_time()
        [answer] = register(world, "bench", "", [text.encode()])
        _say("accept.parametric", time.perf_counter() - began, "s", count)
        _say("accept.parametric.cpu", time.process_time() - spent, "s", count)
        assert answer.key is not None, answer.problems
        key = answer.key
        _say("status", _fastest(lambda: status(world, [key])) * 1000, "ms", count)
    for name, shape in (("layers", _layers), ("diamond", _diamond), ("fan-in", _fan_in)):
        for size in (count // 10, count):
            with _world() as world:
                _dag(world, name, size, shape(size))


class _world:  # noqa: N801 (a context manager)
    def __enter__(self) -> World:
        self._directory = tempfile.TemporaryDirectory()
        data = Path(self._directory.name)
        self._world = build(Config(sites={}), data, "http://127.0.0.1:1", capability.load(data)).world
        return self._world

    def __exit__(self, *_error: object) -> None:
        self._world.database.close()
        self._directory.cleanup()


def _dag(world: World, name: str, size: int, edges: Sequence[Edge]) -> None:
    began, spent = time.perf_counter(), time.process_time()
    key = _hand_in(world, size, edges)
    _say(f"accept.{name}", time.perf_counter() - began, "s", size)
    _say(f"accept.{name}.cpu", time.process_time() - spent, "s", size)
    _say(f"status.{name}", _fastest(lambda: status(world, [key])) * 1000, "ms", size)
    first = world.database.read(lambda connection: compounds.load(connection, [key]))[key][0]
    out = [0] * size
    for edge in edges:
        out[edge.parent] += 1
    ended = passed = 0
    before = time.process_time()
    for numbers in _rounds(world, first, size, 20):
        _end(world, numbers)
        ended += len(numbers)
        passed += sum(out[number - first] for number in numbers)
    spent = time.process_time() - before
    _say(f"end.{name}", spent / (ended + passed) * 1e6, "us a node or edge", size)


def _rounds(world: World, first: int, size: int, most: int) -> Iterator[list[int]]:
    """Nodes that wait, until there are none or enough was measured."""
    for _ in range(most):
        while sweep(world):
            pass
        numbers = world.database.read(
            lambda connection: nodes.in_states(connection, first, first + size, [State.WAITING], _BATCH)
        )
        if not numbers:
            return
        yield numbers


def _end(world: World, numbers: Sequence[int]) -> None:
    stored = world.database.read(lambda connection: rows.load_numbers(connection, numbers))
    now = world.clock()
    events: list[tuple[str, Event]] = []
    for name, (_number, job) in stored.items():
        place = Matched(
            id=decision_id(job), time=now, attempt=1, site="s", ce="ce", rank=None, considered=1, matching=1
        )
        end = Finished(id="worker-1-9-i", time=now, attempt=1, exit_code=0)
        gone = Ended(id="site-1-ended", time=now, attempt=1, kind=EndKind.COMPLETED)
        events += [(name, place), (name, end), (name, gone)]
    record(world, events)


def _hand_in(world: World, size: int, edges: Sequence[Edge]) -> str:
    description = read_jdl('[Executable = "/bin/true";]', world.settings.jdl_defaults, now=0.0).description
    assert description is not None
    given = Compound(
        kind=CompoundKind.DAG,
        ad=ClassAd.from_values({"Type": "dag"}),
        vo="",
        templates=(Template(jdl=unparse(description.ad)),),
        nodes=[Node(f"n{number}", 0) for number in range(size)],
        edges=edges,
    )
    prepared = prepare_compound(world, given, ())
    assert not isinstance(prepared, tuple)
    key = new_key(secrets.randbelow)
    registered = registered_event(world, prepared, key, "bench", "", world.clock())
    world.database.write(lambda connection: insert_compound(connection, world, prepared, registered))
    return key


def _layers(size: int) -> list[Edge]:
    """Layers of a hundred nodes, each of which waits for three of the layer before."""
    return [
        Edge(child - 100 - child % 100 + (child + step) % 100, child)
        for child in range(100, size)
        for step in (0, 1, 7)
    ]


def _diamond(size: int) -> list[Edge]:
    """One node, then all but two, then one."""
    return [Edge(0, n) for n in range(1, size - 1)] + [Edge(n, size - 1) for n in range(1, size - 1)]


def _fan_in(size: int) -> list[Edge]:
    """All nodes but one, then that."""
    return [Edge(n, size - 1) for n in range(size - 1)]


def _fastest(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return min(times)


def _say(name: str, value: float, unit: str, count: int) -> None:
    print(json.dumps({"name": f"compound.{name}", "value": round(value, 3), "unit": unit, "n": count}), flush=True)


if __name__ == "__main__":
    main()
