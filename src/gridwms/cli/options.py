"""Options and arguments that several commands share."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Dialect(StrEnum):
    """How commands call the dialects of descriptions."""

    JDL = "jdl"
    JSDL = "jsdl"
    NATIVE = "native"
    SUBMIT = "submit"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document (docs/user/json.md).")]
Service = Annotated[
    str,
    typer.Option(
        "--service", metavar="URL", help="The service to ask, or several. Default: GRIDWMS_SERVICE, or the local one."
    ),
]
Archived = Annotated[bool, typer.Option("--archive", help="Look in the archive of the service.")]
Jobs = Annotated[list[str] | None, typer.Argument(metavar="JOB", help="Ids (URLs) or keys; '-': from standard input.")]
IdFile = Annotated[
    list[Path] | None, typer.Option("-i", "--input", metavar="FILE", help="Read ids from FILE, one a line.")
]
Descriptions = Annotated[
    list[str], typer.Argument(metavar="FILE", help="Files with descriptions, in any dialect; '-': standard input.")
]
MaybeDescriptions = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE", help="Files with descriptions, in any dialect; '-': standard input."),
]
Format = Annotated[
    Dialect | None,
    typer.Option("--format", help="The dialect of the descriptions. Default: guessed, by content and ending."),
]


def ids(jobs: list[str] | None, files: list[Path] | None, *, needed: bool = True) -> list[str]:
    """The ids of the command line, of files and of standard input, each once, in order."""
    found: list[str] = []
    for job in jobs or ():
        found += _lines(sys.stdin.read()) if job == "-" else [job]
    for file in files or ():
        try:
            found += _lines(file.read_text(encoding="utf-8") if str(file) != "-" else sys.stdin.read())
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(f"'{file}' cannot be read: {error}", param_hint="--input") from error
    if needed and not found:
        raise typer.BadParameter("name at least one job, or a file of ids with -i", param_hint="JOB")
    return list(dict.fromkeys(found))


def _lines(text: str) -> list[str]:
    """Words of each line that is no comment: the first one is the id, as `submit` writes it."""
    lines = (line.strip() for line in text.splitlines())
    return [line.split()[0] for line in lines if line and not line.startswith(("#", "//"))]
