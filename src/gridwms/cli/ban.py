"""`gridwms ban`: who may do nothing here for now."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from gridwms.cli import layout, say
from gridwms.cli.options import Json, Service


class Kind(StrEnum):
    """Whom a ban is about."""

    USER = "user"
    VO = "vo"
    GROUP = "group"


app = typer.Typer(help="Ban users, VOs and groups at once, and lift bans.", no_args_is_help=True)
Whom = Annotated[Kind, typer.Argument(metavar="KIND", help="user, vo or group.")]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="As 'gridwms whoami' shows it; of a group with all below it.")
]


@app.command("list")
def list_bans(json: Json = False, service: Service = "") -> None:
    """List who is banned, why, and until when."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.bans()
    if json:
        return say.data({"bans": found})
    rows: list[list[layout.Cell]] = [
        [
            (one.kind, ""),
            (one.name, "strong"),
            (layout.ago(one.since), ""),
            ("" if one.ends is None else layout.moment(one.ends), ""),
            (one.by, ""),
            (one.reason, ""),
        ]
        for one in found
    ]
    layout.table(["KIND", "NAME", "SINCE", "UNTIL", "BY", "WHY"], rows)
    return None


@app.command()
def add(
    kind: Whom,
    name: Name,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; they see it.")] = "",
    hours: Annotated[float | None, typer.Option("--hours", min=0.0, help="How long; without it: until 'lift'.")] = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Ban somebody at once: every request is refused, waiting jobs get no places. What runs goes on."""
    from gridwms.client import Client

    ends = None if hours is None else time.time() + 3600 * hours
    with Client(service) as client:
        made = client.ban(kind.value, name, reason=reason, ends=ends)
    if json:
        say.data({"ban": made})
    else:
        say.line(f"{made.kind} {say.clean(made.name)} is banned")


@app.command()
def lift(kind: Whom, name: Name, json: Json = False, service: Service = "") -> None:
    """Lift a ban."""
    from gridwms.client import Client

    with Client(service) as client:
        left = client.lift_ban(kind.value, name)
    if json:
        say.data({"bans": left})
    else:
        say.line(f"{kind.value} {say.clean(name)} is banned no more")
