"""`gridwms forward`: send what waits in spools on to the service."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.options import Json, Service


def forward(
    directories: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR…", help="Spools; default: the one of 'gridwms event'.")
    ] = None,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0, help="Go on for ever, looking this often. 0: once.")
    ] = 0.0,
    json: Json = False,
    service: Service = "",
) -> None:
    """Send the lines that wait in spools, each spool in order; what the service has taken is removed.

    It may be killed at any moment: what it did not get to is sent next time, and what is sent twice counts once.
    """
    from gridwms.cli.event import spool_directory

    spools = [spool_directory(one) for one in directories] if directories else [spool_directory(None)]
    ending = threading.Event()
    if every:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
    while True:
        codes = [_one(directory, service, json, quiet=bool(every)) for directory in spools]
        if not every or ending.wait(every):
            raise typer.Exit(Exit.OK if every else together(codes))


def _one(directory: Path, service: str, json: bool, *, quiet: bool) -> Exit:
    from gridwms.cli.forwarding import deliver
    from gridwms.cli.trouble import report
    from gridwms.client.errors import ClientError
    from gridwms.client.spool import REFUSED, Spool

    spool = Spool(directory)
    try:
        told = deliver(spool, service)
    except ClientError as error:
        return report(error, str(directory))
    if json and not (quiet and told.taken + told.refused == 0):
        say.json_line(
            {"spool": str(directory), "taken": told.taken, "refused": told.refused, "waiting": spool.pending()}
        )
    elif told.taken or not quiet:
        say.line(f"{told.taken} lines forwarded  {directory}")
    if told.refused:
        say.note(f"{told.refused} lines were refused: see {directory / REFUSED}")
        return Exit.REFUSED
    return Exit.OK
