"""Files of this machine: what is sent as input sandbox, and where output goes. Nothing is read or written elsewhere."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gridwms.client.answers import Job, Upload
from gridwms.client.errors import LocalFile, Refused

CHUNK = 1 << 18


def source_of(upload: Upload, text: bytes, directory: Path, dialect: str = "jdl") -> Path:
    """The file to send for `upload`, relative to the directory of the description.

    The service names the path; it must stand in the text that the user submitted, or be one that the text means (by a
    parameter, a variable of its dialect), so that a service cannot ask for other files of this machine. Raises
    LocalFile or Refused.
    """
    written = any(_as_written(path) in text for path in (upload.local, glob.escape(upload.local)))
    if not written and not _means(text, dialect, upload.local):
        raise Refused(
            f"The service asks for the file '{upload.local}', which the description does not name literally.",
            "Write the path in InputSandbox as it is, without an expression.",
        )
    path = directory / Path(upload.local.removeprefix("file://")).expanduser()
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        raise LocalFile(f"The input sandbox file {path} {what}.", "Correct InputSandbox, or make the file.")
    if not os.access(path, os.R_OK):
        raise LocalFile(f"The input sandbox file {path} cannot be read.", "Look at its rights.")
    return path


def _means(text: bytes, dialect: str, path: str) -> bool:
    from gridwms.client.local_files import local_files

    return path in local_files(text, dialect)


def _as_written(path: str) -> bytes:
    """A path inside of a string of a description."""
    return path.encode("utf-8", "surrogateescape").replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content of an open file in parts."""
    while chunk := file.read(CHUNK):
        yield chunk


def safe_name(name: str) -> str:
    """`name` when it is one plain file name; raises Refused for whatever could lead out of a directory."""
    bad = name in ("", ".", "..") or "/" in name or os.sep in name
    if bad or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise Refused(f"The service offers a file called {name!a}, which is no file name.", "It is not fetched.")
    return name


@contextlib.contextmanager
def arriving(directory: Path, name: str) -> Iterator[BinaryIO]:
    """A file to write to; it gets its `name` in `directory` when the block ends well, and is gone otherwise.

    Raises LocalFile when it cannot be written.
    """
    target = directory / safe_name(name)
    draft = directory / f".{secrets.token_hex(8)}.part"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(draft, flags, 0o666), "wb") as file:
            yield file
        draft.replace(target)
    except OSError as error:
        raise LocalFile(f"{target} cannot be written: {error.strerror or error}.", "Choose another --dir.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def node_directory(directory: Path, node: Job) -> Path:
    """Where the output of a node goes below that of its compound: by its name, if that can be one of a directory."""
    name = node.node_name or ""
    usable = name not in ("", ".", "..") and len(name.encode()) < 256 and name.isprintable() and "/" not in name
    return directory / (name if usable else node.key)


def default_directory(key: str) -> Path:
    """Where the output of a job goes when nothing else is said."""
    return Path(f"gridwms-{key}")
