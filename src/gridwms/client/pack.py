"""AllowZippedISB: the local files of an input sandbox travel in one archive (gLite reference §1.2)."""

from __future__ import annotations

import gzip
import hashlib
import re
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gridwms.client.expand import input_sandbox
from gridwms.client.submission import Description

_SKIPPED = r'//[^\n]*|\#[^\n]*|/\*.*?\*/|"(?:[^"\\]|\\.)*"'
_WORD = re.compile(
    rf"{_SKIPPED}|\b(AllowZippedISB\s*=\s*true|ZippedISB\s*=|Nodes\s*=|Parameters\s*=|InputSandboxDestFileName\s*=)",
    re.I | re.S,
)


def packed(batch: Sequence[Description], place: Path) -> list[Description]:
    """The descriptions, those that allow it with an archive in `place` instead of their files one by one.

    One whose files are not all there stays as it is: sending them says which is missing.
    """
    return [_packed(description, place) for description in batch]


def _packed(description: Description, place: Path) -> Description:
    if description.dialect != "jdl":
        return description
    try:
        text = description.text.decode("utf-8")
    except UnicodeDecodeError:
        return description
    words = {found[1].split("=")[0].strip().lower() for found in _WORD.finditer(text) if found[1]}
    if words != {"allowzippedisb"}:
        return description
    files = [_find(item, description.directories) for item in input_sandbox(text) if _is_local(item)]
    found = [file for file in files if file is not None]
    if not found or len(found) < len(files):
        return description
    name = _archive(found, place)
    end = text.rstrip().rfind("]") if text.rstrip().endswith("]") else len(text.rstrip())
    divided = "" if text[:end].rstrip().endswith(";") else ";"
    added = f'{divided} ZippedISB = {{"{name}"}}; '
    return replace(
        description,
        text=f"{text[:end]}{added}{text[end:]}".encode(),
        directories=(*description.directories, place),
    )


def _is_local(item: str) -> bool:
    return "://" not in item.removeprefix("file://")


def _find(item: str, directories: Sequence[Path]) -> Path | None:
    path = Path(item.removeprefix("file://")).expanduser()
    return next((directory / path for directory in directories if (directory / path).is_file()), None)


def _archive(files: Sequence[Path], place: Path) -> str:
    """Make the archive; its name, which the same files give again. A link to another of the files stays one."""
    names = {file.name for file in files}
    draft = place / "draft"
    with (
        draft.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as target,
        tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        # what links lead to comes first
        for file in sorted(files, key=lambda file: (file.is_symlink(), file.name)):
            archive.dereference = not (file.is_symlink() and str(file.readlink()) in names)
            member = archive.gettarinfo(str(file), file.name)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = int(member.mtime)
            if member.isreg():
                with file.open("rb") as content:
                    archive.addfile(member, content)
            else:
                archive.addfile(member)
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()[:16]
    name = f"ISBfiles_{digest}_0.tar.gz"
    draft.replace(place / name)
    return name
