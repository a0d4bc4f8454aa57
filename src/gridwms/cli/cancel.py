"""`gridwms cancel`: end jobs."""

from __future__ import annotations

import typer

from gridwms.cli.options import IdFile, Jobs, Json, Service, ids


def cancel(jobs: Jobs = None, input: IdFile = None, json: Json = False, service: Service = "") -> None:  # noqa: A002
    """Ask that jobs end. One at a site is cancelled when the site confirms: see 'gridwms wait'."""
    from gridwms.cli.ending import end

    raise typer.Exit(end(ids(jobs, input), service, lambda client, named: client.cancel(named), json))
