"""What a job used of memory, as the kernel tells it of the job's control group."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wrapper.conftest import Node


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """Control groups like those that this process is in, with a peak of 5 MiB."""
    root = tmp_path / "cgroup"
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, control, group = line.split(":", 2)
        if group == "/":
            continue
        if number == "0":
            place, name = root / group.lstrip("/"), "memory.peak"
        elif "memory" in control.split(","):
            place, name = root / "memory" / group.lstrip("/"), "memory.max_usage_in_bytes"
        else:
            continue
        place.mkdir(parents=True)
        (place / name).write_text(f"{5 << 20}\n")
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
