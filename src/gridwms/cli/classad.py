"""`gridwms classad`: evaluate expressions and check ads, without a service."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json

app = typer.Typer(help="Evaluate ClassAd expressions and check ads, without a service.", no_args_is_help=True)


class Mode(StrEnum):
    """Whose rules hold: the broker's, or those of HTCondor's daemons."""

    STRICT = "strict"
    COMPAT = "compat"


AdFile = Annotated[Path | None, typer.Option(metavar="FILE", help="An ad; '-': standard input.")]


@app.command("eval")
def evaluate(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="As if it stood in the ad of --my.")],
    my: AdFile = None,
    target: AdFile = None,
    mode: Annotated[Mode, typer.Option(help="The broker's rules, or those of HTCondor's daemons.")] = Mode.STRICT,
    json: Json = False,
) -> None:
    """Print the value of an expression: as the language writes it, or with --json as ["int", 5] and the like."""
    from gridwms.classad.command import eval_text

    result = eval_text(expression, _read(my), _read(target), "compat" if mode is Mode.COMPAT else "strict")
    if json:
        say.data(result.json)
    elif not result.problem:
        say.line(result.text)
    if result.problem:
        say.note(f"error: {result.problem}")
        raise typer.Exit(Exit.REFUSED)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files with an ad each; '-': standard input.")],
    json: Json = False,
) -> None:
    """Print everything that is wrong in the text of ads: the syntax, and functions that there are none of."""
    from gridwms.classad.command import check_text

    found = {str(file): check_text(_read(file) or "") for file in files}
    if json:
        say.data(
            {
                "files": [
                    {
                        "name": name,
                        "problems": [{"line": p.line, "column": p.column, "message": p.message} for p in problems],
                    }
                    for name, problems in found.items()
                ]
            }
        )
    else:
        for name, problems in found.items():
            for problem in problems:
                say.line(f"{name}:{problem.line}:{problem.column}: {problem.message}")
            if not problems:
                say.line(f"{name}: ok")
    raise typer.Exit(Exit.REFUSED if any(found.values()) else Exit.OK)


def _read(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8")
    except OSError as error:
        raise typer.BadParameter(f"'{file}' cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"'{file}' is not UTF-8: byte {error.start} is no part of a letter") from error
