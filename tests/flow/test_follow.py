"""What attempts leave at their site: outputs are ours before the end is recorded, or the attempt stays where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gridwms.flow.collect import output_files
from gridwms.flow.status import history
from gridwms.jobs.states import State
from gridwms.sandbox.errors import SandboxFull
from gridwms.sites.contract import Leftover, Phase, Sighting
from tests.flow.conftest import Stage

FINISHED = "type=Finished&id=worker-1-1-i&time=1001&exit_code=0"


def left(stage: Stage, **outputs: str) -> str:
    """A job whose attempt has ended and left these files."""
    (key,) = stage.submit('StdOutput = "out"; OutputSandbox = {"out", "o*d"};')
    stage.schedule()
    stage.errands()
    tag = f"gw-{key}-1"
    stage.site.here[tag] = Sighting(tag=tag, phase=Phase.ENDED, time=1001.0, exit_code=0)
    stage.site.leftovers[tag] = Leftover(tag=tag, events=(FINISHED,), outputs=outputs)
    return key


def test_files_that_lie_at_the_site_are_taken_over(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("said")
    (tmp_path / "b").write_text("odd")
    key = left(stage, **{"out": str(tmp_path / "a"), "o dd": str(tmp_path / "b")})
    assert stage.look() == 0
    assert stage.job(key).state is State.DONE
    assert {(file.name, file.size) for file in output_files(stage.world, key)} == {("out", 4), ("o dd", 3)}


def test_what_cannot_be_taken_is_told(stage: Stage, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "secret").write_text("x")
    files = {
        "out": tmp_path / "pipe",
        "ood": tmp_path / "gone",
        "other": tmp_path / "secret",
        "../x": tmp_path / "secret",
    }
    key = left(stage, **{name: str(path) for name, path in files.items()})
    stage.look()
    assert stage.job(key).state is State.DONE
    assert output_files(stage.world, key) == []
    told = [
        event.reason.params["file"] for event in history(stage.world, key) if event.reason and event.type == "Noticed"
    ]
    assert sorted(told) == sorted(files)


def test_a_full_disk_keeps_the_attempt_at_its_site(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("said")
    key = left(stage, out=str(tmp_path / "a"))

    def full(*_arguments: object) -> int:
        raise SandboxFull("The disk is full.", "Free space.")

    monkeypatch.setattr(stage.world.sandbox, "put_output", full, raising=False)
    stage.look()
    assert stage.job(key).state is State.SCHEDULED
    monkeypatch.undo()
    stage.look()
    assert stage.job(key).state is State.DONE
    assert [file.name for file in output_files(stage.world, key)] == ["out"]
