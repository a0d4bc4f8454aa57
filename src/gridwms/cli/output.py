"""`gridwms output`: fetch the results."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import together
from gridwms.cli.options import IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from gridwms.client import Client
    from gridwms.client.answers import OutputFile


def output(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    dir: Annotated[  # noqa: A002 (the name of the option)
        Path | None,
        typer.Option("--dir", metavar="DIR", help="Where to; default: gridwms-KEY in the current directory."),
    ] = None,
    list: Annotated[bool, typer.Option("--list", help="Only list the files.")] = False,  # noqa: A002
    keep: Annotated[bool, typer.Option("--keep", help="Leave the files at the service too.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Fetch the output sandboxes of jobs; prints the paths of the files.

    With --dir and several jobs each has a directory of its own in DIR; so has each node of a compound. Unless --keep is
    given the service is told that the output has been fetched, and the job becomes CLEARED.
    """
    from gridwms.cli.each import each

    named = ids(jobs, input)
    if list:
        answers, codes = each(named, service, _listing, None if json else _show_listing)
    else:
        answers, codes = each(
            named,
            service,
            lambda client, job: _fetch(client, job, dir, len(named), keep),
            None if json else _show_paths,
        )
    if json:
        say.data({"jobs": answers})
    raise typer.Exit(together(codes))


def _fetch(client: Client, job: str, directory: Path | None, count: int, keep: bool) -> dict[str, object]:
    from gridwms.client.files import default_directory
    from gridwms.client.find import key_at

    key = key_at(job, client.url)
    target = default_directory(key) if directory is None else directory / key if count > 1 else directory
    paths = client.output(job, target, keep=keep)
    kept_until = client.job(key).kept_until
    return {"directory": str(target), "files": [str(path) for path in paths], "kept_until": kept_until}


def _listing(client: Client, job: str) -> Sequence[OutputFile]:
    from gridwms.client.calls import COMPOUND, ENDED
    from gridwms.client.errors import NotInState

    try:
        return client.output_files(job)
    except NotInState as error:
        if error.code != COMPOUND:
            raise
    ended = [node for node in client.nodes(job, states=ENDED) if node.attempt]
    return [
        replace(file, name=f"{node.node_name}/{file.name}") for node in ended for file in client.output_files(node.key)
    ]


def _show_listing(files: Sequence[OutputFile]) -> None:
    from gridwms.cli import layout

    rows = [[(layout.size(f.size), ""), (f.name, ""), ("only its end" if f.truncated else "", "warn")] for f in files]
    layout.table(["SIZE", "FILE", ""], rows, right=[0])


def _show_paths(fetched: dict[str, Any]) -> None:
    from gridwms.cli import layout

    for path in fetched["files"]:
        say.line(say.clean(path) if say.watched(sys.stdout) else path)
    if not fetched["files"]:
        say.note("The job has no output files.")
    elif fetched["kept_until"] and say.watched(sys.stderr):
        say.note(f"The service keeps them until {layout.moment(fetched['kept_until'])}.")
