"""Archives that would do harm are refused before anybody unpacks them."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from gridwms.sandbox.archive import ArchiveLimits, BadArchive, check_archive
from gridwms.sandbox.errors import BadName, SandboxError, TooLarge

FILE, LINK, HARD, FOLDER = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
Member = tuple[str, bytes, str]


def packed(path: Path, *members: Member, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, kind, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            member.size = 5 if kind == FILE else 0
            archive.addfile(member, io.BytesIO(b"hello") if kind == FILE else None)
    return path


GOOD: list[list[Member]] = [
    [("run", FILE, ""), ("./data", FILE, ""), ("d", FOLDER, ""), ("d/x", FILE, "")],
    [("d", FOLDER, ""), ("d/e", FOLDER, ""), ("d/e/link", LINK, "../../run"), ("run", FILE, "")],
    [("run", FILE, ""), ("same", HARD, "run"), ("link", LINK, "run"), ("nowhere", LINK, "gone")],
    [("d", FOLDER, ""), ("d", FOLDER, ""), ("l", LINK, "d"), ("m", LINK, "l/x")],
    [],
]


@pytest.mark.parametrize("members", GOOD)
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_good_ones(tmp_path: Path, members: list[Member], mode: str) -> None:
    check_archive(packed(tmp_path / "a", *members, mode=mode), "a")


BAD: list[tuple[list[Member], type[SandboxError], str]] = [
    ([("/etc/passwd", FILE, "")], BadName, "leads out"),
    ([("../x", FILE, "")], BadName, "leads out"),
    ([("d/../../x", FILE, "")], BadName, "leads out"),
    ([("a\nb", FILE, "")], BadName, "leads out"),
    ([("l", LINK, "/etc")], BadArchive, "leads out"),
    ([("l", LINK, "..")], BadArchive, "leads out"),
    ([("d/l", LINK, "../../x")], BadArchive, "leads out"),
    ([("l", LINK, "."), ("m", LINK, "l/../x")], BadArchive, "leads out"),
    ([("l", LINK, "d"), ("l/x", FILE, "")], BadArchive, "below a link"),
    ([("x", FILE, ""), ("./x", FILE, "")], BadArchive, "twice"),
    ([("l", LINK, "a"), ("l", LINK, "b")], BadArchive, "twice"),
    ([("h", HARD, "/etc/shadow")], BadName, "leads out"),
    ([("h", HARD, "later"), ("later", FILE, "")], BadArchive, "not in it before"),
    ([("l", LINK, "x"), ("h", HARD, "l")], BadArchive, "not in it before"),
    ([("null", tarfile.CHRTYPE, "")], BadArchive, "a device"),
    ([("disk", tarfile.BLKTYPE, "")], BadArchive, "a device"),
    ([("pipe", tarfile.FIFOTYPE, "")], BadArchive, "a pipe"),
]


@pytest.mark.parametrize(("members", "error", "words"), BAD)
def test_hostile_ones(tmp_path: Path, members: list[Member], error: type[SandboxError], words: str) -> None:
    with pytest.raises(error, match=words):
        check_archive(packed(tmp_path / "a", *members), "a")


def test_bombs(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    with gzip.open(path, "wb") as target:
        member = tarfile.TarInfo("zeros")
        member.size = 30_000_000
        target.write(member.tobuf())
        for _ in range(30):
            target.write(bytes(1_000_000))
        target.write(bytes(-30_000_000 % 512 + 1024))
    check_archive(path, "a")
    with pytest.raises(TooLarge, match="larger than"):
        check_archive(path, "a", ArchiveLimits(small=1_000_000))
    with pytest.raises(TooLarge, match="larger than"):
        check_archive(path, "a", ArchiveLimits(size=20_000_000, ratio=100_000))
    many = packed(tmp_path / "many", *[(f"f{n}", FILE, "") for n in range(50)])
    with pytest.raises(TooLarge, match="more than 49"):
        check_archive(many, "a", ArchiveLimits(members=49))


def test_zeros_after_the_end_count_too(tmp_path: Path) -> None:
    path = tmp_path / "tail"
    with gzip.open(path, "wb") as target:
        for _ in range(30):
            target.write(bytes(1_000_000))
    with pytest.raises(TooLarge):
        check_archive(path, "a", ArchiveLimits(small=1_000_000))


@pytest.mark.parametrize("content", [b"no archive", b"\x1f\x8bno gzip", gzip.compress(b"no archive" * 100)])
def test_what_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadArchive, match="cannot be read"):
        check_archive(tmp_path / "a", "a")


def test_one_that_was_cut(tmp_path: Path) -> None:
    whole = packed(tmp_path / "a", ("x", FILE, ""), mode="w:gz").read_bytes()
    (tmp_path / "a").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadArchive, match="cannot be read"):
        check_archive(tmp_path / "a", "a")
