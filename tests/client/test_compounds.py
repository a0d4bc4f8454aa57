"""Compounds from Python, in both clients."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gridwms.client import AsyncClient, Client
from tests.client.running import Running

SHARED = """[
  Type = "dag"; InputSandbox = {"tool.sh"};
  Nodes = [
    first = [ Description = [ Executable = "tool.sh"; InputSandbox = {root.InputSandbox[0]};
      StdOutput = "out"; OutputSandbox = {"out"}; ]; ];
    second = [ Description = [ Executable = "/bin/cat"; Arguments = "out";
      InputSandbox = {root.Nodes.first.Description.OutputSandbox[0]};
      StdOutput = "copy"; OutputSandbox = {"copy"}; ]; ];
    Dependencies = { {first, second} };
  ];
]"""


def a_dag(place: Path) -> Path:
    (place / "tool.sh").write_text("#!/bin/sh\necho made by the first\n")
    (place / "dag.jdl").write_text(SHARED)
    return place / "dag.jdl"


def test_a_dag_passes_its_files_on(client: Client, tmp_path: Path) -> None:
    [submission] = client.submit([a_dag(tmp_path)])
    assert submission.error is None, submission.error
    [job] = client.wait([submission.id], timeout=90)
    assert (job.state, job.kind, job.nodes, job.histogram) == ("DONE", "dag", 2, {"DONE": 2})
    nodes = list(client.nodes(job.id))
    assert [(node.node_name, node.parent) for node in nodes] == [("first", job.id), ("second", job.id)]
    paths = client.output(job.id, tmp_path / "results")
    assert [str(path.relative_to(tmp_path)) for path in paths] == ["results/first/out", "results/second/copy"]
    assert paths[1].read_text() == "made by the first\n"
    assert client.job(job.id).state == "CLEARED"


def test_the_same_for_asyncio(service: Running, tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncClient(address=service.address) as client:
            [submission] = await client.submit([a_dag(tmp_path)])
            await client.wait([submission.id], timeout=90)
            assert [node.node_name async for node in client.nodes(submission.id, states=["DONE"])] == [
                "first",
                "second",
            ]
            assert [node async for node in client.nodes(submission.id, failed=True)] == []
            [answer] = await client.retry([submission.id])
            assert getattr(answer, "sentence", "") == "none of its nodes has failed"
            paths = await client.output(submission.id, tmp_path / "results", keep=True)
            assert [path.name for path in paths] == ["out", "copy"]

    asyncio.run(main())
