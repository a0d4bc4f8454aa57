"""`gridwms purge`: remove what is left of jobs."""

from __future__ import annotations

import typer

from gridwms.cli.options import IdFile, Jobs, Json, Service, ids


def purge(jobs: Jobs = None, input: IdFile = None, json: Json = False, service: Service = "") -> None:  # noqa: A002
    """Remove all files and the descriptions of jobs that have ended; their records remain."""
    from gridwms.cli.ending import end

    raise typer.Exit(end(ids(jobs, input), service, lambda client, named: client.purge(named), json))
