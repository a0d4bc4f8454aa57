"""Input files that travel in one archive."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from gridwms.client.pack import packed
from gridwms.client.submission import Description, description
from gridwms.sandbox.archive import check_archive
from tests.describe.jdl.given import accepted

ALLOWED = 'Executable = "run"; AllowZippedISB = true; InputSandbox = {"run", "d/data", "link"};'


@pytest.fixture
def files(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    (place / "d").mkdir(parents=True)
    (place / "run").write_text("#!/bin/sh\n")
    (place / "run").chmod(0o755)
    (place / "d" / "data").write_text("given")
    (place / "link").symlink_to("run")
    return place


def pack(text: str, files: Path, place: Path) -> Description:
    place.mkdir(exist_ok=True)
    [made] = packed([description("x", text.encode(), (files,))], place)
    return made


@pytest.mark.parametrize("text", [ALLOWED, f"[{ALLOWED}]", f"[ {ALLOWED[:-1]}\n]\n"])
def test_packed(files: Path, tmp_path: Path, text: str) -> None:
    made = pack(text, files, tmp_path / "packed")
    job = accepted(made.text.decode())
    [archive] = job.inputs
    assert archive.archive
    path = tmp_path / "packed" / archive.local
    check_archive(path, "a")
    with tarfile.open(path) as content:
        assert {member.name: member.type for member in content} == {
            "data": tarfile.REGTYPE,
            "run": tarfile.REGTYPE,
            "link": tarfile.SYMTYPE,
        }
        assert content.getmember("run").mode & 0o111
    assert made.directories == (files, tmp_path / "packed")


def test_the_same_files_make_the_same_text(files: Path, tmp_path: Path) -> None:
    assert pack(ALLOWED, files, tmp_path / "a").text == pack(ALLOWED, files, tmp_path / "b").text


@pytest.mark.parametrize(
    "text",
    [
        ALLOWED.replace("true", "false"),
        ALLOWED.replace("d/data", "missing"),
        ALLOWED + 'InputSandboxDestFileName = {"a", "b", "c"};',
        'Executable = "/bin/true"; AllowZippedISB = true;',
        'Executable = "/bin/true"; // AllowZippedISB = true;\nInputSandbox = {"run"};',
    ],
)
def test_left_as_it_is(files: Path, tmp_path: Path, text: str) -> None:
    made = pack(text, files, tmp_path / "packed")
    assert b"ZippedISB = {" not in made.text


def test_a_link_to_what_does_not_travel_is_followed(files: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("far")
    (files / "link").unlink()
    (files / "link").symlink_to(tmp_path / "elsewhere")
    made = pack(ALLOWED, files, tmp_path / "packed")
    with tarfile.open(tmp_path / "packed" / accepted(made.text.decode()).inputs[0].local) as content:
        assert content.extractfile("link").read() == b"far"  # type: ignore[union-attr]
