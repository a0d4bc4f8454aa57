"""`gridwms purge`: remove what is left of jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import filters, say
from gridwms.cli.options import IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from gridwms.client.answers import OldJob

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


def purge(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    older: Annotated[
        str,
        typer.Option("--older", metavar="TIME", help="Instead of JOB: all that ended so long ago, such as 30d, 12h."),
    ] = "",
    state: Annotated[str, typer.Option("--state", metavar="STATES", help="With --older: only in these states.")] = "",
    owner: filters.Owner = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --older: only show them.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Remove all files and the descriptions of jobs that have ended; their records remain."""
    from gridwms.cli.ending import end

    if not older:
        if state or owner or dry_run:
            raise typer.BadParameter("--state, --owner and --dry-run go with --older", param_hint="--older")
        raise typer.Exit(end(ids(jobs, input), service, lambda client, named: client.purge(named), json))
    if jobs or input:
        raise typer.BadParameter("give either jobs or --older", param_hint="--older")
    _by_age(_seconds(older), filters.split(state), owner, dry_run, json, service)


def _by_age(older: float, states: list[str], owner: str, dry_run: bool, json: bool, service: str) -> None:
    from gridwms.client import Client

    with Client(service) as client:
        found = list(client.purge_old(older, states=states, owner=owner, dry_run=dry_run))
    if json:
        say.data({"purged": found, "dry_run": dry_run})
        return
    if found:
        _show(found)
    say.note(f"{len(found)} {'would be purged' if dry_run else 'purged'}")


def _show(found: list[OldJob]) -> None:
    from gridwms.cli import layout

    rows = [[(one.state, ""), (layout.moment(one.since), ""), (one.owner, ""), (one.id, "")] for one in found]
    layout.table(["STATE", "SINCE", "USER", "JOB"], rows)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw])", text.strip())
    if found is None:
        raise typer.BadParameter(f"'{text}' is no time: write a number with s, m, h, d or w", param_hint="--older")
    return float(found[1]) * _UNITS[found[2]]
