"""Equal input files are one file, and nobody notices."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gridwms.sandbox.area import Area
from gridwms.sandbox.contents import LEAST

BIG = b"x" * LEAST


@pytest.fixture
def area(tmp_path: Path) -> Area:
    return Area(tmp_path / "sandbox")


def same(one: Path, other: Path) -> bool:
    return os.path.samestat(one.stat(), other.stat())


def test_equal_files_are_one(area: Area) -> None:
    for key in ("job1", "job2", "job3"):
        assert area.put_input(key, 0, [BIG, b"tail"]) == len(BIG) + 4
    paths = [area.input_path(key, 0) for key in ("job1", "job2", "job3")]
    assert same(paths[0], paths[1])
    assert same(paths[0], paths[2])
    assert {path.read_bytes() for path in paths} == {BIG + b"tail"}
    assert area.inputs("job2") == {0: len(BIG) + 4}
    assert [name for name in os.listdir(paths[1].parent) if name != "0"] == []


def test_sending_again_changes_one_job_alone(area: Area) -> None:
    for key in ("job1", "job2"):
        area.put_input(key, 0, [BIG])
    area.put_input("job1", 0, [BIG, b"changed"])
    assert area.input_path("job2", 0).read_bytes() == BIG
    assert area.input_path("job1", 0).read_bytes() == BIG + b"changed"


def test_small_files_are_not_shared(area: Area) -> None:
    for key in ("job1", "job2"):
        area.put_input(key, 0, [BIG[1:]])
    assert not same(area.input_path("job1", 0), area.input_path("job2", 0))


def test_a_content_lasts_as_long_as_a_job_has_it(area: Area) -> None:
    for key in ("job1", "job2"):
        area.put_input(key, 0, [BIG])
    area.remove("job1")
    assert area.contents.sweep() == 0
    assert area.input_path("job2", 0).read_bytes() == BIG
    area.remove("job2")
    assert area.contents.sweep() == 1
    assert list(area.contents.root.glob("*/*")) == []
    area.put_input("job3", 0, [BIG])
    assert area.input_path("job3", 0).read_bytes() == BIG


def test_a_file_system_without_so_many_links(area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    area.put_input("job1", 0, [BIG])

    def full(*_: object, **__: object) -> None:
        raise OSError(31, "Too many links")

    monkeypatch.setattr(os, "link", full)
    area.put_input("job2", 0, [BIG])
    assert area.input_path("job2", 0).read_bytes() == BIG
