from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.sandbox.area import Area
from gridwms.sandbox.errors import SandboxFull

KEY = "ab0123456789ABCDEFGHIJ"
pytestmark = [
    pytest.mark.root,
    pytest.mark.parametrize("small_disk", ["size=1m,nr_inodes=60,mode=700"], indirect=True),
]


def test_a_full_disk_harms_nothing_that_is_there(small_disk: Path) -> None:
    area = Area(small_disk / "sandbox")
    area.put_output(KEY, 1, "first", [b"x" * 100_000])
    with pytest.raises(SandboxFull, match="full"):
        area.put_output(KEY, 1, "second", [b"y" * 65_536] * 32)
    with pytest.raises(SandboxFull):
        area.put_peek(KEY, 1, "watched", 0, [b"y" * 65_536] * 32)
    assert [file.name for file in area.outputs(KEY, 1)] == ["first"]
    assert area.output_path(KEY, 1, "first").read_bytes() == b"x" * 100_000
    area.remove(KEY)
    assert area.put_output(KEY, 1, "third", [b"z" * 500_000]) == 500_000


def test_no_room_for_a_directory_is_told_too(small_disk: Path) -> None:
    area = Area(small_disk / "sandbox")
    number = 0
    with pytest.raises(SandboxFull):
        for number in range(10_000):
            area.put_input(f"cd{number:020}", 0, [b""])
    assert number < 9_999
