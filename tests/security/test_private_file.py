from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from gridwms.security.errors import UnsafeFile
from gridwms.security.private_file import read_or_make


def test_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "token"
    assert read_or_make(path, lambda: "first") == "first"
    assert read_or_make(path, lambda: "second") == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["token"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_refused_when_others_may_touch_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    read_or_make(path, lambda: "x")
    path.chmod(mode)
    with pytest.raises(UnsafeFile) as caught:
        read_or_make(path, lambda: "y")
    assert f"{mode:04o}" in caught.value.sentence
    assert "chmod 600" in caught.value.advice


def test_link_is_refused(tmp_path: Path) -> None:
    read_or_make(tmp_path / "real", lambda: "x")
    (tmp_path / "token").symlink_to(tmp_path / "real")
    with pytest.raises(UnsafeFile, match="symbolic link"):
        read_or_make(tmp_path / "token", lambda: "y")


@pytest.mark.parametrize("kind", ["directory", "pipe", "empty", "binary", "huge"])
def test_other_things_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "token"
    match kind:
        case "directory":
            path.mkdir(0o700)
        case "pipe":
            os.mkfifo(path, 0o600)
        case _:
            path.write_bytes({"empty": b"\n", "binary": b"\xff\xfe", "huge": b"x" * 5000}[kind])
            path.chmod(0o600)
    with pytest.raises(UnsafeFile):
        read_or_make(path, lambda: "y")


def test_all_that_start_together_agree(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    seen: list[str] = []

    def one(number: int) -> None:
        start.wait()
        seen.append(read_or_make(tmp_path / "token", lambda: f"from {number}"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    assert len(seen) == 8


def test_unwritable_place_is_a_sentence() -> None:
    with pytest.raises(UnsafeFile, match="cannot be made"):
        read_or_make(Path("/proc/no/such/token"), lambda: "x")
