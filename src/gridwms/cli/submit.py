"""`gridwms submit`: hand in descriptions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.options import Descriptions, Json, Service

if TYPE_CHECKING:
    from gridwms.client.submission import Submission


def submit(
    files: Descriptions,
    save: Annotated[Path | None, typer.Option("-o", "--save", metavar="FILE", help="Append the ids to FILE.")] = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Submit jobs; prints their ids.

    Relative paths in InputSandbox count from the file's directory, else from the current one. A description that is
    refused harms no other.
    """
    from gridwms.cli.descriptions import source
    from gridwms.cli.trouble import as_data
    from gridwms.client import Client

    sources = [source(file) for file in files]
    with Client(service) as client:
        done = client.submit([each for _, each in sources], each=None if json else _tell)
    named = list(zip((name for name, _ in sources), done, strict=True))
    if save is not None:
        with save.open("a", encoding="utf-8") as file:
            file.writelines(f"{submission.id}\n" for _, submission in named if submission.id and not submission.error)
    if json:
        say.data(
            {
                "jobs": [
                    {
                        "name": name,
                        "id": submission.id or None,
                        "key": submission.key or None,
                        "problems": submission.problems,
                        "error": as_data(submission.error) if submission.error else None,
                    }
                    for name, submission in named
                ]
            }
        )
    raise typer.Exit(together(_code(submission) for _, submission in named))


def _tell(submission: Submission) -> None:
    from gridwms.cli.problems import show
    from gridwms.cli.trouble import report

    show(submission.name, submission.text, submission.problems)
    if submission.error is not None:
        report(submission.error)
    else:
        beside = f"  {say.paint(say.clean(submission.name), 'soft')}" if say.watched(sys.stdout) else ""
        say.line(f"{submission.id}{beside}")


def _code(submission: Submission) -> Exit:
    from gridwms.cli.trouble import code_of

    return code_of(submission.error) if submission.error else Exit.OK
