"""`gridwms db`: look after the database of a service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.findings import tell_findings
from gridwms.cli.options import Json
from gridwms.cli.refusals import refusals

app = typer.Typer(help="Check, back up and restore the database of a service.", no_args_is_help=True)
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The service's data directory. Default: GRIDWMS_DATA.")
]


@app.command()
def check(
    data: Data = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="As of 'serve'.")] = None,
    json: Json = False,
) -> None:
    """Prove that every job's record is what its events make it. The service may run meanwhile."""
    from gridwms.daemon import maintenance

    with refusals():
        wrong = maintenance.check(_directory(data), config)
    tell_findings(wrong, "the database is sound", json=json)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; replaced when the copy is whole.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Save the SQLite database while the service runs. The sandbox directory is not in it."""
    from gridwms.daemon import maintenance

    with refusals():
        size = maintenance.backup(_directory(data), target)
    if json:
        say.data({"file": str(target), "bytes": size})
    else:
        say.line(str(target))


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")], data: Data = None, json: Json = False
) -> None:
    """Put a backup in the place of the database of a service that is stopped. The old one is kept aside."""
    from gridwms.daemon import maintenance

    with refusals():
        aside = maintenance.restore(_directory(data), source)
    if json:
        say.data({"before": str(aside) if aside else None})
    elif aside:
        say.note(f"the database before is now {aside}")


def _directory(data: Path | None) -> Path:
    from gridwms.client.find import data_directory

    return (data or data_directory()).expanduser()
