"""`gridwms stats`: how do jobs fare at each computing element?"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

_COLUMNS = ("Ready", "Scheduled", "Running", "Done (OK)", "Done (Failed)")
_SPELLS = ("Scheduled to Running", "Running to Done")


def stats(
    hours: Annotated[float, typer.Option("--hours", min=0.001, help="How far back.")] = 1.0,
    until: Annotated[float, typer.Option("--until", metavar="TIME", help="Seconds since the epoch; 0: now.")] = 0.0,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show how many jobs entered which state at each computing element, how long that took, and how many ended well."""
    from gridwms.cli import layout
    from gridwms.client import Client

    end = until or time.time()
    with Client(service) as client:
        found = client.bookkeeping.statistics(end - hours * 3600.0, end)
    if json:
        say.data(found)
        raise typer.Exit(Exit.OK)
    if not found["places"]:
        say.note("Nothing happened in that time.")
        raise typer.Exit(Exit.OK)
    rows = [
        [
            (one["destination"], ""),
            *((str(one["entered"][name]), "") for name in _COLUMNS),
            *((layout.lasting(one["took"][name]["mean"]) if name in one["took"] else "", "soft") for name in _SPELLS),
            ("" if one["success"] is None else f"{one['success']:.0%}", ""),
        ]
        for one in found["places"]
    ]
    head = ["WHERE", "READY", "SCHEDULED", "RUNNING", "OK", "FAILED", "QUEUED", "RAN", "WELL"]
    layout.table(head, rows, right=range(1, len(head)))
