"""`gridwms submit`: hand in descriptions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.options import Format, Json, MaybeDescriptions, Service
from gridwms.cli.wait import follow, outcome

if TYPE_CHECKING:
    from gridwms.client.submission import Submission


def submit(
    files: MaybeDescriptions = None,
    collection: Annotated[
        list[Path] | None,
        typer.Option(
            "--collection",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Submit all descriptions in DIR as one collection.",
        ),
    ] = None,
    save: Annotated[Path | None, typer.Option("-o", "--save", metavar="FILE", help="Append the ids to FILE.")] = None,
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="KEY", help="Submitting again with this key and the same FILEs makes no new jobs."
        ),
    ] = "",
    wait: Annotated[bool, typer.Option("-w", "--wait", help="Then wait for the jobs, as 'gridwms wait' does.")] = False,
    form: Format = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Submit jobs, and collections, parametric jobs and DAGs of them; prints their ids, one for a whole.

    Relative paths in InputSandbox count from the file's directory, else from the current one. A description that is
    refused harms no other.
    """
    from gridwms.cli.descriptions import source
    from gridwms.cli.trouble import as_data
    from gridwms.client import Client
    from gridwms.client.submission import read_collection

    sources = [*(source(file, form or "") for file in files or ()), *map(read_collection, collection or ())]
    if not sources:
        raise typer.BadParameter("name a description, or a directory with --collection", param_hint="FILE")
    with Client(service) as client:
        done = client.submit(sources, key=key, each=None if json else _tell)
        accepted = [submission.id for submission in done if submission.error is None]
        if save is not None:
            _append(save, accepted)
        ended = follow(client, accepted, show=not json) if wait and accepted else []
    if json:
        say.data(
            {
                "jobs": [
                    {
                        "name": submission.name,
                        "id": submission.id or None,
                        "key": submission.key or None,
                        "problems": submission.problems,
                        "error": as_data(submission.error) if submission.error else None,
                        "job": next((job for job in ended if job.key == submission.key), None),
                    }
                    for submission in done
                ]
            }
        )
    raise typer.Exit(together(map(_code, done)) or outcome(ended))


def _append(file: Path, ids: Sequence[str]) -> None:
    from gridwms.client.errors import LocalFile

    try:
        with file.open("a", encoding="utf-8") as saved:
            saved.writelines(f"{each}\n" for each in ids)
    except OSError as error:
        raise LocalFile(
            f"The ids were not saved: {file} cannot be written ({error.strerror}).", "The jobs go on."
        ) from (error)


def _tell(submission: Submission) -> None:
    from gridwms.cli.problems import show
    from gridwms.cli.trouble import report

    show(submission.name, submission.text, submission.problems, submission.files)
    if submission.error is not None:
        report(submission.error)
    else:
        beside = f"  {say.paint(say.clean(submission.name), 'soft')}" if say.watched(sys.stdout) else ""
        say.line(f"{submission.id}{beside}")


def _code(submission: Submission) -> Exit:
    from gridwms.cli.trouble import code_of

    return code_of(submission.error) if submission.error else Exit.OK
