"""`gridwms priority`: which of one's own jobs go first."""

from __future__ import annotations

from typing import Annotated

import typer

from gridwms.cli.options import IdFile, Jobs, Json, Service, ids


def priority(
    jobs: Jobs = None,
    priority: Annotated[
        int, typer.Argument(metavar="N", min=-100, max=100, help="From -100 to 100; jobs have 0 by default.")
    ] = 0,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    json: Json = False,
    service: Service = "",
) -> None:
    """Change which of my waiting jobs go first: those with the highest priority. Others' jobs are not concerned."""
    from gridwms.cli.ending import end

    raise typer.Exit(end(ids(jobs, input), service, lambda client, named: client.prioritize(named, priority), json))
