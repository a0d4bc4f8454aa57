"""`gridwms log`: everything that happened to a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import together
from gridwms.cli.options import IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from gridwms.client.answers import Event

    History = tuple[str, Sequence[Event]]


def log(jobs: Jobs = None, input: IdFile = None, json: Json = False, service: Service = "") -> None:  # noqa: A002
    """Show the history of jobs: who saw what happen, and when."""
    from gridwms.cli.each import each

    answers, codes = each(
        ids(jobs, input), service, lambda client, job: (job, client.history(job)), None if json else _show
    )
    if json:
        say.data({"jobs": [answer | {"answer": answer["answer"] and answer["answer"][1]} for answer in answers]})
    raise typer.Exit(together(codes))


def _show(history: History) -> None:
    from gridwms.cli import layout

    job, events = history
    say.line(say.paint(say.clean(job), "strong"))
    rows = [
        [
            (layout.clock(event.time), ""),
            (event.source, "soft"),
            (str(event.attempt) if event.attempt else "", "soft"),
            (event.type, ""),
            (event.text, ""),
        ]
        for event in events
    ]
    layout.table([f"TIME ({layout.zone()})", "FROM", "TRY", "WHAT", ""], rows, right=[2], indent=2)
