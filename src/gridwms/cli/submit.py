"""`gridwms submit`: hand in descriptions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
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
    priority: Annotated[
        int | None,
        typer.Option(
            "--priority", metavar="N", min=-100, max=100, help="Among my jobs; the highest goes first (see 'priority')."
        ),
    ] = None,
    delegation: Annotated[
        str | None,
        typer.Option(
            "--delegation",
            metavar="NAME",
            help="Whose credentials the jobs carry (see 'delegation'); '': none. Else those of my subject and groups.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("-w", "--wait", help="Then wait for the jobs, as 'gridwms wait' does.")] = False,
    interactive: Annotated[
        bool,
        typer.Option("--interactive", help="Connect this terminal, or these pipes, with the job (see 'attach')."),
    ] = False,
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

    if interactive:
        raise typer.Exit(
            _interactively(
                files or (),
                form or "",
                (key, priority, delegation),
                service,
                mixed=bool(wait or json or collection),
                save=save,
            )
        )
    sources = [*(source(file, form or "") for file in files or ()), *map(read_collection, collection or ())]
    if not sources:
        raise typer.BadParameter("name a description, or a directory with --collection", param_hint="FILE")
    with Client(service) as client:
        done = client.submit(sources, key=key, priority=priority, delegation=delegation, each=None if json else _tell)
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


def _interactively(
    files: Sequence[str],
    form: str,
    asked: tuple[str, int | None, str | None],
    service: str,
    *,
    mixed: bool,
    save: Path | None,
) -> Exit:
    """Submit one job and attach to it. Its id goes to stderr: stdout is the job's. `asked`: as the options say."""
    from gridwms.cli.attach import connect
    from gridwms.cli.descriptions import source
    from gridwms.client import Client
    from gridwms.client.interactive import make_interactive

    if len(files) != 1 or files[0] == "-" or mixed:
        raise typer.BadParameter("goes with one FILE, not with '-', --collection, --wait or --json")
    read = source(files[0], form)
    terminal = say.watched(sys.stdin) and say.watched(sys.stdout)
    if read.dialect in ("", "jdl"):  # the other dialects have a word of their own for it
        text = make_interactive(read.text.decode("utf-8", "surrogateescape"), terminal=terminal)
        read = replace(read, text=text.encode("utf-8", "surrogateescape"))
    with Client(service) as client:
        key, priority, delegation = asked
        [done] = client.submit([read], key=key, priority=priority, delegation=delegation)
        if save is not None and not done.error:
            _append(save, [done.id])
        _tell(done, say.note)
        return _code(done) or connect(client, done.id)


def _append(file: Path, ids: Sequence[str]) -> None:
    from gridwms.client.errors import LocalFile

    try:
        with file.open("a", encoding="utf-8") as saved:
            saved.writelines(f"{each}\n" for each in ids)
    except OSError as error:
        raise LocalFile(
            f"The ids were not saved: {file} cannot be written ({error.strerror}).", "The jobs go on."
        ) from (error)


def _tell(submission: Submission, line: Callable[[str], None] = say.line) -> None:
    from gridwms.cli.problems import show
    from gridwms.cli.trouble import report

    show(submission.name, submission.text, submission.problems, submission.files)
    if submission.error is not None:
        report(submission.error)
    else:
        beside = f"  {say.paint(say.clean(submission.name), 'soft')}" if say.watched(sys.stdout) else ""
        line(f"{submission.id}{beside}")


def _code(submission: Submission) -> Exit:
    from gridwms.cli.trouble import code_of

    return code_of(submission.error) if submission.error else Exit.OK
