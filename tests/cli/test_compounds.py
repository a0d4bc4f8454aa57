"""Compounds at the command line: one id, nodes on request, what failed tried again, output by node."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cli.conftest import Command

# The third part fails as long as there is no file that says it may go well.
SWEEP = """[
  JobType = "Parametric"; Parameters = { "a", "b", "c" };
  Executable = "/bin/sh"; Arguments = "-c 'echo _PARAM_; [ _PARAM_ != c ] || [ -e %s ]'";
  StdOutput = "out"; OutputSandbox = { "out" };
]"""


def test_a_sweep_is_handed_in_followed_repaired_and_fetched(gridwms: Command, tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    (tmp_path / "sweep.jdl").write_text(SWEEP % switch)
    assert "sweep.jdl: all 3 nodes could run now\nNode_a and 2 nodes like it: " in gridwms("match", "sweep.jdl").out
    [job] = gridwms("submit", "sweep.jdl").out.split()
    waited = gridwms("wait", job)
    assert (waited.code, waited.out.strip().splitlines()[-1].split()[1]) == (10, "DONE")
    shown = gridwms("status", job)
    assert "3: 3 DONE" in shown.out
    assert "1 nodes" in shown.out
    [bad] = gridwms("status", "--failed", "--json", job).json["jobs"]
    assert (bad["job"]["node_name"], bad["job"]["exit_code"]) == ("Node_c", 1)
    assert gridwms("status", "--nodes", "--limit", "2", "--json", job).json["more"] is True
    assert "compound" in gridwms("peek", job, "out").err
    os.close(os.open(switch, os.O_CREAT))
    tried = gridwms("retry", "--failed", job)
    assert (tried.code, "1 nodes are tried again" in tried.out) == (0, True)
    assert gridwms("wait", "--quiet", job).code == 0
    assert gridwms("retry", job).code != 0
    listed = gridwms("output", "--list", job).out
    assert "Node_a/out" in listed
    fetched = gridwms("output", "--dir", "results", job)
    assert sorted(fetched.out.split()) == [f"results/Node_{name}/out" for name in "abc"]
    assert (tmp_path / "results/Node_b/out").read_text() == "b\n"
    assert gridwms("status", "--json", job).json["jobs"][0]["job"]["state"] == "CLEARED"
    assert gridwms("log", "--json", job).json["jobs"][0]["answer"][0]["type"] == "CompoundRegistered"
    assert "PURGED" in (gridwms("purge", job).out + gridwms("status", job).out)
