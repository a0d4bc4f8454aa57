"""`gridwms retry`: try again what failed."""

from __future__ import annotations

from typing import Annotated

import typer

from gridwms.cli.options import IdFile, Jobs, Json, Service, ids


def retry(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    failed: Annotated[
        bool, typer.Option("--failed", help="Of compounds, what failed: the same as without, for what went well stays.")
    ] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Try jobs again that failed, were given up or cancelled, with all their retries.

    Of a collection, parametric job or DAG the nodes that did; nodes of a DAG that were given up because of them wait
    for them again. What went well is not done again.
    """
    from gridwms.cli.ending import end

    raise typer.Exit(end(ids(jobs, input), service, lambda client, named: client.retry(named), json))
