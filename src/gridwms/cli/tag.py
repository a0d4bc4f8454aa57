"""`gridwms tag`: say something of jobs."""

from __future__ import annotations

from typing import Annotated

import typer

from gridwms.cli.options import IdFile, Json, Service, ids


def tag(
    words: Annotated[
        list[str], typer.Argument(metavar="JOB… NAME=VALUE…", help="Jobs by id or key, and what to say of them.")
    ],
    input: IdFile = None,  # noqa: A002 (the name of the option)
    json: Json = False,
    service: Service = "",
) -> None:
    """Tag jobs. The value that was given last counts; 'gridwms query' finds jobs by their tags."""
    from gridwms.cli.said import tell
    from gridwms.client import Client

    pairs = [word.partition("=") for word in words if "=" in word]
    if not pairs:
        raise typer.BadParameter("say something of the jobs, as NAME=VALUE", param_hint="NAME=VALUE")
    named = ids([word for word in words if "=" not in word], input)
    with Client(service) as client:
        answers = client.bookkeeping.tag(named, {name: value for name, _, value in pairs})
    raise typer.Exit(tell(named, answers, "tagged", json))
