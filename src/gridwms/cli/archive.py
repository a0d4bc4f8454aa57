"""`gridwms archive`: move jobs that ended long ago out of the database, where they stay searchable."""

from __future__ import annotations

from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.findings import tell_findings
from gridwms.cli.options import Json, Service

app = typer.Typer(help="Keep jobs that ended long ago in compressed files.", no_args_is_help=True)


@app.command()
def run(
    days: Annotated[float, typer.Option("--days", min=0, help="What ended more than so many days ago.")],
    most: Annotated[int, typer.Option("--most", min=1, help="At most so many jobs.")] = 1_000_000,
    json: Json = False,
    service: Service = "",
) -> None:
    """Archive jobs: ours so long after they were purged, jobs of other systems so long after they ended."""
    from gridwms.client import Client

    with Client(service) as client:
        done = client.bookkeeping.archive(days, most)
    if json:
        say.data(done)
    else:
        for name in done["files"]:
            say.line(name)
        say.note(f"{done['jobs']} jobs were archived")


@app.command("list")
def list_files(json: Json = False, service: Service = "") -> None:
    """Show the files of the archive."""
    from gridwms.cli import layout
    from gridwms.client import Client

    with Client(service) as client:
        files = client.bookkeeping.archive_files()
    if json:
        say.data({"files": files})
        return
    rows = [
        [
            (one["name"], ""),
            (str(one["jobs"]), ""),
            (layout.size(one["bytes"]), ""),
            (layout.moment(one["first"]), "soft"),
            (layout.moment(one["last"]), "soft"),
        ]
        for one in files
    ]
    if rows:
        layout.table(["FILE", "JOBS", "SIZE", "FROM", "TO"], rows, right=[1, 2])
    else:
        say.note("The archive is empty.")


@app.command()
def check(json: Json = False, service: Service = "") -> None:
    """Read the whole archive and compare it with its indexes."""
    from gridwms.client import Client

    with Client(service) as client:
        wrong = client.bookkeeping.check_archive()
    tell_findings(wrong, "the archive is sound", json=json)


@app.command()
def load(
    file: Annotated[str, typer.Argument(metavar="FILE", help="As 'gridwms archive list' shows it.")],
    json: Json = False,
    service: Service = "",
) -> None:
    """Put the jobs of a file back into the database. The file stays."""
    from gridwms.client import Client

    with Client(service) as client:
        count = client.bookkeeping.load_archive(file)
    if json:
        say.data({"jobs": count})
    else:
        say.note(f"{count} jobs were put back")
