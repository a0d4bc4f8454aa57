"""`gridwms quota`: what I have at the service, and may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gridwms.cli import filters, say
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.cli.layout import Cell
    from gridwms.client.answers import Quota


def quota(owner: filters.Owner = "", json: Json = False, service: Service = "") -> None:
    """Show how much of my quota is used: bytes and files of sandboxes, jobs that wait."""
    from gridwms.cli import layout
    from gridwms.client import Client

    with Client(service) as client:
        found = client.quotas(owner=owner)
    if json:
        say.data({"quotas": found})
        return
    rows = [row for one in found for row in _rows(one)]
    layout.table(["USER", "WHAT", "USED", "ALLOWED", ""], rows, right=[2, 3, 4])
    raise typer.Exit


def _rows(one: Quota) -> list[list[Cell]]:
    from gridwms.cli import layout

    kinds = (
        ("sandboxes", one.bytes, one.max_bytes, layout.size),
        ("files", one.files, one.max_files, str),
        ("jobs waiting", one.waiting, one.max_waiting, str),
    )
    rows: list[list[Cell]] = []
    for what, used, most, text in kinds:
        share = used / most if most else 0.0
        style = "bad" if share >= 1 else "warn" if share >= 0.8 else ""
        allowed = "any" if most is None else text(most)
        percent = f"{share:.0%}" if most else ""
        rows.append([(one.owner, ""), (what, ""), (text(used), style), (allowed, ""), (percent, style)])
    return rows
