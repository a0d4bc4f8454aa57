"""What a job used of memory, and whether it wanted more, as the kernel tells it of the job's control group."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wrapper.conftest import Node


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """Control groups like those that this process is in, with a peak of 5 MiB and two kills before."""
    root = tmp_path / "cgroup"
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, control, group = line.split(":", 2)
        if group == "/":
            continue
        if number == "0":
            place, name, kills = root / group.lstrip("/"), "memory.peak", "memory.events"
        elif "memory" in control.split(","):
            place, name = root / "memory" / group.lstrip("/"), "memory.max_usage_in_bytes"
            kills = "memory.oom_control"
        else:
            continue
        place.mkdir(parents=True)
        (place / name).write_text(f"{5 << 20}\n")
        (place / kills).write_text("under_oom 0\noom_kill 2\n")
    if not root.exists():
        pytest.skip("this process is in no control group of its own: how memory is told was not seen")
    return root


def test_in_a_group_of_its_own(node: Node, groups: Path) -> None:
    node.environment |= {"GRIDWMS_CGROUPS": str(groups), "SLURM_JOB_ID": "7"}
    assert node.run("true") == 0, node.log
    assert node.attempt.finished is not None
    assert node.attempt.finished["memory"] == "5120"


def test_without_a_batch_system_the_group_may_be_shared(dash_node: Node, groups: Path) -> None:
    dash_node.environment["GRIDWMS_CGROUPS"] = str(groups)
    assert dash_node.run("true") == 0, dash_node.log
    assert dash_node.attempt.finished is not None
    assert "memory" not in dash_node.attempt.finished


def test_groups_that_tell_nothing(dash_node: Node, tmp_path: Path) -> None:
    dash_node.environment |= {"GRIDWMS_CGROUPS": str(tmp_path), "SLURM_JOB_ID": "7"}
    assert dash_node.run("true") == 0, dash_node.log
    assert dash_node.attempt.finished is not None
    assert "memory" not in dash_node.attempt.finished


def kill(groups: Path) -> str:
    """The kernel ends a process for want of memory, as the group tells it."""
    return (
        f"for one in $(find {groups} -name memory.events -o -name memory.oom_control); do echo oom_kill 3 >$one; done"
    )


def test_a_payload_that_was_ended_for_want_of_memory(node: Node, groups: Path) -> None:
    node.environment |= {"GRIDWMS_CGROUPS": str(groups), "SLURM_JOB_ID": "7"}
    assert node.run(f"echo some >out; {kill(groups)}; kill -9 $$", outputs=("out",)) == 23, node.log
    finished = node.attempt.finished
    assert finished is not None
    assert (finished["code"], finished["p.killed"], finished["exit_code"]) == ("out_of_memory", "1", "137")
    assert finished["memory"] == "5120"
    assert node.attempt.outputs == {b"out": b"some\n"}
    assert node.left() == []


@pytest.mark.parametrize("how", ["exit 1", "exit 0"])
def test_the_want_of_somebody_else_in_the_group(dash_node: Node, groups: Path, how: str) -> None:
    dash_node.environment |= {"GRIDWMS_CGROUPS": str(groups), "JOB_ID": "7"}
    assert dash_node.run(f"{kill(groups)}; {how}") == 0, dash_node.log
    assert dash_node.attempt.finished is not None
    assert "code" not in dash_node.attempt.finished


def test_killed_by_somebody(dash_node: Node, groups: Path) -> None:
    dash_node.environment |= {"GRIDWMS_CGROUPS": str(groups), "SLURM_JOB_ID": "7"}
    assert dash_node.run("kill -9 $$") == 0, dash_node.log
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["exit_code"] == "137"
    assert "code" not in dash_node.attempt.finished
