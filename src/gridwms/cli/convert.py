"""`gridwms convert`: a description in another dialect. Needs no service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Dialect, Json

if TYPE_CHECKING:
    from gridwms.describe.convert.dialects import Conversion


def convert(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file with a description; '-': standard input.")],
    to: Annotated[Dialect, typer.Option("--to", help="The dialect to write.")],
    source: Annotated[
        Dialect | None, typer.Option("--from", help="The dialect of FILE. Default: guessed by content and ending.")
    ] = None,
    save: Annotated[Path | None, typer.Option("-o", "--save", metavar="FILE", help="Write to FILE.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything was lost.")] = False,
    json: Json = False,
) -> None:
    """Write a description in another dialect: JDL, JSDL, gridwms' own YAML, or an HTCondor submit file.

    What the other dialect cannot say is named on stderr. Mapping tables: docs/user/dialects.md.
    """
    from gridwms.cli.descriptions import source as description_of
    from gridwms.describe.convert import dialects

    description = description_of(file)
    name, text = description.name, description.text
    wanted, given = dialects.Dialect(to.value), dialects.Dialect(source.value) if source else None
    done = dialects.convert(text, wanted, given, name=name)
    if save is not None and done.text:
        _save(save, done.text)
    if json:
        say.data(_document(name, wanted, done))
    else:
        _tell(name, text, done)
        if save is None:
            sys.stdout.write(done.text)
    raise typer.Exit(Exit.REFUSED if not done.text else Exit.FAILED if strict and done.lost else Exit.OK)


def _tell(name: str, text: bytes, done: Conversion) -> None:
    """Problems and losses, on stderr."""
    from gridwms.cli.problems import show
    from gridwms.client.answers import Problem

    show(name, text, [Problem.found_here(each) for each in done.problems])
    for each in done.lost:
        place = f":{each.place[0]}:{each.place[1]}" if each.place[0] else ""
        kind = say.paint("lost:", "warn", sys.stderr)
        say.note(f"{say.clean(name)}{place}: {kind} {say.clean(each.what)}: {say.clean(each.why)}")


def _document(name: str, to: str, done: Conversion) -> dict[str, object]:
    return {
        "name": name,
        "from": str(done.source),
        "to": str(to),
        "text": done.text or None,
        "problems": done.problems,
        "lost": [
            {"what": each.what, "why": each.why, "line": each.place[0], "column": each.place[1]} for each in done.lost
        ],
    }


def _save(file: Path, text: str) -> None:
    from gridwms.client.errors import LocalFile

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LocalFile(f"The file {file} cannot be written: {error.strerror}.", "Choose another with -o.") from error
