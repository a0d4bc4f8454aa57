"""`gridwms query`: which jobs, or which events?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Archived, Json, Service


def query(
    conditions: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONDITION…", help="All must hold: 'status=running|=scheduled', 'owner=ann', …"),
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option("--events", metavar="CONDITION", help="Show events for which this holds; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0: all.")] = 100,
    archive: Archived = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Find jobs, or their events, in the query language of L&B: jobs of this service and of other systems.

    Attributes, operators and examples: docs/user/bookkeeping.md.
    """
    from gridwms.client import Client

    asked = "&".join(conditions or ())
    with Client(service) as client:
        if events is not None:
            about = "&".join(one for one in events if one)
            found = list(client.bookkeeping.query_events(asked, about, limit=limit))
        else:
            found = list(client.bookkeeping.query(asked, limit=limit, archived=archive))
    if json:
        say.data({"jobs" if events is None else "events": found})
    elif not found:
        say.note("Nothing matches.")
    elif events is None:
        _jobs(found)
    else:
        _events(found)
    raise typer.Exit(Exit.OK)


def _jobs(found: list[dict[str, Any]]) -> None:
    from gridwms.cli import layout

    rows = [
        [
            (one["state_text"], ""),
            ("" if one["since"] is None else layout.clock(one["since"]), ""),
            (one["owner"] or "", "soft"),
            (one["destination"] or "", ""),
            (one["id"], ""),
        ]
        for one in found
    ]
    layout.table(["STATE", f"SINCE ({layout.zone()})", "OWNER", "WHERE", "JOB"], rows)


def _events(found: list[dict[str, Any]]) -> None:
    from gridwms.cli import layout

    rows = [
        [
            (layout.clock(one["timestamp"]), ""),
            (one["source"], "soft"),
            (one["type"], ""),
            (" ".join(f"{name}={value}" for name, value in one["data"].items())[:100], ""),
            (one["job"], "soft"),
        ]
        for one in found
    ]
    layout.table([f"TIME ({layout.zone()})", "FROM", "WHAT", "", "JOB"], rows)
