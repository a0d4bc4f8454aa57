"""`gridwms log`: everything that happened to a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import together
from gridwms.cli.options import Archived, IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from gridwms.client.answers import Event

    History = tuple[str, Sequence[Event]]


def log(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    format: Annotated[  # noqa: A002 (the name of the option)
        str, typer.Option("--format", metavar="[text|ulm|json]", help="ulm, json: in the words of L&B.")
    ] = "text",
    archive: Archived = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show the history of jobs: who saw what happen, and when.

    In the words of L&B (--format ulm or json) also of jobs of other systems that were logged here.
    """
    from gridwms.cli.each import each

    if format not in ("text", "ulm", "json"):
        raise typer.BadParameter("text, ulm or json", param_hint="--format")
    named = ids(jobs, input)
    if format == "text":
        answers, codes = each(
            named,
            service,
            lambda client, job: (job, client.history(job, archived=archive)),
            None if json else _show,
        )
        answers = [answer | {"answer": answer["answer"] and answer["answer"][1]} for answer in answers]
    elif format == "json" or json:
        answers, codes = each(
            named, service, lambda client, job: client.bookkeeping.events(job, archived=archive), None
        )
    else:
        answers, codes = each(
            named, service, lambda client, job: client.bookkeeping.lines(job, archived=archive), say.lines
        )
    if json or format == "json":
        say.data({"jobs": answers})
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
