"""What is handed in: descriptions from files or texts, and what became of each."""

from __future__ import annotations

import contextlib
import itertools
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridwms.client.answers import Problem, Registered, Upload
from gridwms.client.calls import BATCH
from gridwms.client.errors import ClientError, LocalFile, Refused
from gridwms.client.expand import expand
from gridwms.client.files import source_of

BATCH_BYTES = 32 << 20
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A description to submit. `name`: what to call it towards a person. Relative input paths start in one of
    `directories`: that of the description's file first, the current one (as gLite does) second."""

    name: str
    text: bytes
    directories: tuple[Path, ...]


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


def read(source: Source) -> Description:
    """Raises LocalFile when the file cannot be read, or a wildcard in InputSandbox matches nothing."""
    if isinstance(source, Description):
        return source
    here = Path.cwd()
    if isinstance(source, str):
        return description("the description", source.encode("utf-8", "surrogateescape"), (here,))
    if isinstance(source, bytes):
        return description("the description", source, (here,))
    try:
        if source.stat().st_size > MAX_BYTES:
            raise LocalFile(f"The file {source} is larger than {MAX_BYTES >> 20} MiB.", "It cannot be a description.")
        text = source.read_bytes()
    except OSError as error:
        raise LocalFile(
            f"The file {source} cannot be read: {error.strerror}.", "Give the path of a description."
        ) from error
    return description(str(source), text, tuple(dict.fromkeys((source.resolve().parent, here))))


def description(name: str, text: bytes, directories: tuple[Path, ...]) -> Description:
    """A description with its wildcards expanded. Raises LocalFile."""
    with contextlib.suppress(UnicodeDecodeError):  # then the service says where the wrong byte stands
        text = expand(text.decode("utf-8"), directories, os.environ).encode("utf-8")
    return Description(name=name, text=text, directories=directories)


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
            return source_of(upload, description.text, directory)
        except LocalFile as found:
            error = error or found
    raise error or LocalFile(f"The input sandbox file {upload.local} has no place.", "Give an absolute path.")


def refused(description: Description, answer: Registered) -> Submission:
    """The description was not accepted."""
    return Submission(
        name=description.name,
        text=description.text,
        problems=answer.problems,
        error=_refusal(description, answer),
    )


def accepted(description: Description, answer: Registered, error: ClientError | None = None) -> Submission:
    """The job is registered; with an `error` its input sandbox is not complete, and it will not start."""
    return Submission(
        name=description.name,
        text=description.text,
        id=answer.id,
        key=answer.key,
        problems=answer.problems,
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
