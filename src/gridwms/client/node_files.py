"""What descriptions of many jobs take from this machine: node files (`File = "b.jdl"`), lists of items (`queue x from
list.txt`), all files of a directory."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from gridwms.classad import quote
from gridwms.client.answers import Problem
from gridwms.client.errors import LocalFile
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.inlined import Inlined, Unreadable
from gridwms.describe.jdl.node_inlining import inline_files
from gridwms.describe.submit_file.queue_items import inline_items

MAX_BYTES = 64 << 20


def inlined(text: str, directories: Sequence[Path], dialect: Dialect) -> tuple[Inlined, dict[str, bytes], list[Path]]:
    """The text with the files it needs in it, their texts by the names that it calls them, and where node files are."""
    files: dict[str, bytes] = {}
    places: dict[Path, None] = {}

    def read(path: str) -> str:
        if path not in files:
            found = next((each / path for each in directories if (each / path).is_file()), None)
            if found is None:
                raise Unreadable(f"is no file in {directories[0]}")
            files[path] = _content(found)
            places[found.resolve().parent] = None
        try:
            return files[path].decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable("is not text in UTF-8") from error

    def matching(pattern: str, what: str) -> list[str]:
        wanted = {"files": Path.is_file, "dirs": Path.is_dir}.get(what, Path.exists)
        for directory in directories:
            names = sorted(glob.glob(pattern, root_dir=directory))  # noqa: PTH207 (relative results)
            if found := [name for name in names if wanted(directory / name)]:
                return found
        return []

    if dialect is Dialect.SUBMIT:
        return inline_items(text, read, matching), files, []
    return inline_files(text, read), files, list(places)


def placed(problems: Iterable[Problem], nodes: Inlined, own: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems of the text that was sent as the user's files have them, with those found here among them."""
    found = []
    for problem in problems:
        file, line = nodes.origin(problem.line)
        found.append(replace(problem, file=file, line=line))
    here = {(problem.line, problem.column) for problem in own}
    return (*own, *(problem for problem in found if problem.file or (problem.line, problem.column) not in here))


def collection(directory: Path) -> str:
    """A collection of all files in a directory, in order of name; each names its node. Raises LocalFile."""
    try:
        files = sorted(each.name for each in directory.iterdir() if each.is_file() and not each.name.startswith("."))
    except OSError as error:
        raise LocalFile(f"The directory {directory} cannot be read: {error.strerror}.", "Name another.") from error
    if not files:
        raise LocalFile(f"There is no file in {directory}.", "A collection is made of the descriptions in a directory.")
    stems = [Path(name).stem for name in files]
    names = stems if len(set(stems)) == len(stems) else files
    nodes = (f"  [ NodeName = {quote(name)}; File = {quote(file)} ]" for name, file in zip(names, files, strict=True))
    return 'Type = "Collection";\nNodes = {\n' + ",\n".join(nodes) + "\n};\n"


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"is larger than {MAX_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
