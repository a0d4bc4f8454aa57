from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.sandbox.area import Area, StoredFile
from gridwms.sandbox.errors import BadName, CutShort, NotThere, SandboxFull, TooLarge, WrongOffset
from gridwms.sandbox.limits import Limits

KEY = "ab0123456789ABCDEFGHIJ"


@pytest.fixture
def area(tmp_path: Path) -> Area:
    limits = Limits(input_file=100, input_job=150, output_file=100, output_job=150, output_files=3, peek_file=50)
    return Area(tmp_path / "sandbox", limits)


def everything(area: Area) -> list[str]:
    return sorted(str(path.relative_to(area.root)) for path in area.root.rglob("*") if path.is_file())


def test_layout_and_modes(area: Area) -> None:
    area.put_input(KEY, 0, [b"one", b"two"], 6)
    area.put_output(KEY, 2, "std.out", [b"hello"])
    area.put_peek(KEY, 2, "log", 0, [b"x"])
    assert everything(area) == [f"ab/{KEY}/input/0", f"ab/{KEY}/output/2/std.out", f"ab/{KEY}/peek/2/log"]
    assert area.input_path(KEY, 0).read_bytes() == b"onetwo"
    assert area.output_path(KEY, 2, "std.out").read_bytes() == b"hello"
    assert area.outputs(KEY, 2) == [StoredFile("std.out", 5)]
    assert area.inputs(KEY) == {0: 6}
    assert {path.stat().st_mode & 0o777 for path in area.root.rglob("*") if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in area.root.rglob("*") if path.is_file()} == {0o600}


def test_sending_again_replaces(area: Area) -> None:
    area.put_input(KEY, 0, [b"x" * 100])
    area.put_input(KEY, 0, [b"new"])
    assert area.input_path(KEY, 0).read_bytes() == b"new"


@pytest.mark.parametrize("length", [3, 7])
def test_cut_or_grown_upload_leaves_nothing(area: Area, length: int) -> None:
    with pytest.raises(CutShort):
        area.put_output(KEY, 1, "f", [b"12345"], length)
    assert everything(area) == []


def test_broken_stream_leaves_what_was_there(area: Area) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    area.put_output(KEY, 1, "f", [b"old"])
    with pytest.raises(ConnectionResetError):
        area.put_output(KEY, 1, "f", broken())
    assert area.output_path(KEY, 1, "f").read_bytes() == b"old"
    assert len(everything(area)) == 1


def test_limits_are_told_before_and_while_sending(area: Area) -> None:
    with pytest.raises(TooLarge, match="100 bytes"):
        area.put_input(KEY, 0, [], 101)
    with pytest.raises(TooLarge):
        area.put_input(KEY, 0, [b"x" * 60, b"x" * 60])
    area.put_input(KEY, 0, [b"x" * 90])
    with pytest.raises(TooLarge, match="input sandbox of this job"):
        area.put_input(KEY, 1, [b"x" * 90])
    for number in range(3):
        area.put_output(KEY, 1, f"f{number}", [b""])
    with pytest.raises(TooLarge, match="one too many"):
        area.put_output(KEY, 1, "f3", [b""])
    area.put_output(KEY, 1, "f2", [b"again"])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_a_sentence_and_leaves_nothing(area: Area, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SandboxFull) as caught:
        area.put_output(KEY, 1, "f", [b"x"])
    assert "full" in caught.value.sentence
    assert "purg" in caught.value.advice
    monkeypatch.undo()
    assert everything(area) == []


def test_links_are_not_followed(area: Area, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    area.put_output(KEY, 1, "real", [b"x"])
    folder = area.output_path(KEY, 1, "real").parent
    (folder / "link").symlink_to(secret)
    with pytest.raises(NotThere):
        area.output_path(KEY, 1, "link")
    assert area.read_output(KEY, 1, "link", 0, 100) == b""
    assert [file.name for file in area.outputs(KEY, 1)] == ["real"]
    area.put_output(KEY, 1, "link", [b"mine"])
    assert secret.read_text() == "secret"
    with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
        elsewhere = area.root / KEY[:2] / KEY / "output" / "3"
        elsewhere.symlink_to(tmp_path)
        area.put_output(KEY, 3, "f", [b"x"])


def test_removal_spares_what_links_point_to(area: Area, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("keep")
    area.put_input(KEY, 0, [b"x"])
    (area.root / KEY[:2] / KEY / "input" / "away").symlink_to(outside)
    area.put_input("ab9876543210ABCDEFGHIJ", 0, [b"y"])
    area.remove(KEY)
    area.remove(KEY)
    assert (outside / "keep").exists()
    assert everything(area) == ["ab/ab9876543210ABCDEFGHIJ/input/0"]


def test_sweep_removes_only_what_is_unfinished(area: Area) -> None:
    area.put_output(KEY, 1, "done", [b"x"])
    (area.output_path(KEY, 1, "done").parent / ".part-0011").write_bytes(b"half")
    assert [file.name for file in area.outputs(KEY, 1)] == ["done"]
    assert area.sweep() == 1
    assert area.sweep() == 0
    assert len(everything(area)) == 1


def test_peeking_grows_in_order(area: Area) -> None:
    assert area.peek_size(KEY, 1, "log") == 0
    assert area.put_peek(KEY, 1, "log", 0, [b"abc"]) == 3
    assert area.put_peek(KEY, 1, "log", 3, [b"def"]) == 6
    with pytest.raises(WrongOffset) as caught:
        area.put_peek(KEY, 1, "log", 3, [b"def"])
    assert caught.value.have == 6
    assert area.read_peek(KEY, 1, "log", 2, 3) == b"cde"
    assert area.read_peek(KEY, 1, "log", 6, 3) == b""
    with pytest.raises(TooLarge):
        area.put_peek(KEY, 1, "log", 6, [b"x" * 50])


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "a\nb", "..", ""])
def test_bad_names_are_refused_everywhere(area: Area, name: str) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: area.put_output(KEY, 1, name, [b"x"]),
        lambda: area.put_peek(KEY, 1, name, 0, [b"x"]),
        lambda: area.output_path(KEY, 1, name),
        lambda: area.read_peek(KEY, 1, name, 0, 1),
    ]
    for call in calls:
        with pytest.raises(BadName):
            call()
    assert everything(area) == []


@pytest.mark.parametrize("key", ["", "..", "../x", "a/b", "é" * 22])
def test_keys_are_keys(area: Area, key: str) -> None:
    with pytest.raises(ValueError, match="not the key"):
        area.put_input(key, 0, [b"x"])


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_bytes_arrive_as_sent(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    area = Area(tmp_path_factory.getbasetemp() / "bytes")
    whole = b"".join(chunks)
    assert area.put_output(KEY, 1, "f", chunks, len(whole)) == len(whole)
    assert area.output_path(KEY, 1, "f").read_bytes() == whole
