"""What is handed in: descriptions from files or texts, and what became of each."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.client.answers import Problem, Registered, Upload
from gridwms.client.calls import BATCH
from gridwms.client.errors import ClientError, LocalFile, Refused
from gridwms.client.expand import expand
from gridwms.client.files import source_of

if TYPE_CHECKING:
    from gridwms.describe.inlined import Inlined

Asked = tuple[int | None, str | None]
"""What the user wants of all: their priority, whose credentials they carry."""
BATCH_BYTES = 32 << 20
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A description to submit. `name`: what to call it towards a person. Relative input paths start in one of
    `directories`: that of the description's file first, the current one (as gLite does) second, then those of its
    node files. `text`: what is sent, wildcards expanded and node files put in; `source`: as the user has it. `dialect`:
    as `gridwms convert` calls it. `files`: the texts of node files by their names.
    """

    name: str
    text: bytes
    directories: tuple[Path, ...]
    dialect: str = "jdl"
    source: bytes = b""
    nodes: Inlined | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """What the service found, at the places of the user's files, and what was found here."""
        from gridwms.client.node_files import placed

        return tuple(problems) if self.nodes is None else placed(problems, self.nodes, self.problems)


Source = Path | str | bytes | Description
"""A file with a description, or the description itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What became of one description: with an `id` the job is accepted and durable.

    `error`: it was refused, or its input sandbox could not be sent.
    """

    name: str
    text: bytes = b""
    id: str = ""
    key: str = ""
    problems: tuple[Problem, ...] = ()
    error: ClientError | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


def read(source: Source, dialect: str = "") -> Description:
    """A description from where it is; its dialect is guessed when it is not given.

    Raises LocalFile when the file cannot be read, or a wildcard in InputSandbox matches nothing.
    """
    if isinstance(source, Description):
        return source
    here = Path.cwd()
    if isinstance(source, str):
        return description("the description", source.encode("utf-8", "surrogateescape"), (here,), dialect)
    if isinstance(source, bytes):
        return description("the description", source, (here,), dialect)
    try:
        if source.stat().st_size > MAX_BYTES:
            raise LocalFile(f"The file {source} is larger than {MAX_BYTES >> 20} MiB.", "It cannot be a description.")
        text = source.read_bytes()
    except OSError as error:
        raise LocalFile(
            f"The file {source} cannot be read: {error.strerror}.", "Give the path of a description."
        ) from error
    return description(str(source), text, tuple(dict.fromkeys((source.resolve().parent, here))), dialect)


def read_collection(directory: Path) -> Description:
    """A collection of all descriptions in a directory. Raises LocalFile."""
    from gridwms.client.node_files import collection

    text = collection(directory).encode("utf-8", "surrogateescape")
    return description(str(directory), text, tuple(dict.fromkeys((directory.resolve(), Path.cwd()))), "jdl")


def description(name: str, text: bytes, directories: tuple[Path, ...], dialect: str = "") -> Description:
    """A description with its wildcards expanded and its node files put in. Raises LocalFile."""
    from gridwms.client.node_files import inlined
    from gridwms.describe.convert.dialects import Dialect, guess

    chosen = Dialect(dialect) if dialect else guess(text, name)
    plain = Description(name=name, text=text, source=text, directories=directories, dialect=chosen.value)
    if chosen not in (Dialect.JDL, Dialect.SUBMIT):
        return plain
    try:
        nodes, files, places = inlined(text.decode("utf-8"), directories, chosen)
    except UnicodeDecodeError:  # the service says where the wrong byte stands
        return plain
    directories = tuple(dict.fromkeys((*directories, *places)))
    return replace(
        plain,
        text=(expand(nodes.text, directories, os.environ) if chosen is Dialect.JDL else nodes.text).encode("utf-8"),
        directories=directories,
        nodes=nodes,
        files=files,
        problems=tuple(map(Problem.found_here, nodes.problems)),
    )


def batches(descriptions: Sequence[Description]) -> Iterator[Sequence[Description]]:
    """In order, so many at a time that a request stays small."""
    first, size = 0, 0
    for number, description in enumerate(descriptions):
        if number > first and (number - first >= BATCH or size + len(description.text) > BATCH_BYTES):
            yield descriptions[first:number]
            first, size = number, 0
        size += len(description.text)
    if first < len(descriptions):
        yield descriptions[first:]


def batch_keys(key: str) -> Iterator[str]:
    """The key of each batch of a submission: made of the one that was given, or of a new one."""
    key = key or str(uuid.uuid4())
    yield key
    for number in itertools.count(2):
        yield f"{key}/{number}"


def find_inputs(description: Description, uploads: Iterable[Upload]) -> list[tuple[Upload, Path]]:
    """The files to send. Raises LocalFile or Refused for the first that cannot be."""
    return [(upload, _find(upload, description)) for upload in uploads]


def _find(upload: Upload, description: Description) -> Path:
    error: ClientError | None = None
    for directory in description.directories:
        try:
            return source_of(upload, description.text, directory, description.dialect)
        except LocalFile as found:
            error = error or found
    raise error or LocalFile(f"The input sandbox file {upload.local} has no place.", "Give an absolute path.")


def refused(description: Description, answer: Registered) -> Submission:
    """The description was not accepted."""
    return Submission(
        name=description.name,
        text=description.source,
        files=description.files,
        problems=description.placed(answer.problems),
        error=_refusal(description, answer),
    )


def accepted(description: Description, answer: Registered, error: ClientError | None = None) -> Submission:
    """The job is registered; with an `error` its input sandbox is not complete, and it will not start."""
    return Submission(
        name=description.name,
        text=description.source,
        files=description.files,
        id=answer.id,
        key=answer.key,
        problems=description.placed(answer.problems),
        error=error,
    )


def _refusal(description: Description, answer: Registered) -> ClientError:
    count = sum(problem.is_error for problem in answer.problems)
    errors = "an error" if count == 1 else f"{count} errors"
    return Refused(
        f"{description.name} is refused: it has {errors}.",
        "Correct it; nothing was submitted.",
        problems=answer.problems,
    )
