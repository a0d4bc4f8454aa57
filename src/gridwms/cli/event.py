"""`gridwms event`: log events of jobs, of ours or of other systems; kept on disk while the service is away."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

SpoolDirectory = Annotated[
    Path | None,
    typer.Option("--spool", metavar="DIR", help="Where lines wait. Default: GRIDWMS_SPOOL, or beside the data."),
]


def event(
    job: Annotated[str, typer.Argument(metavar="JOB", help="An id or key, an L&B id, or '-': lines of ULM on stdin.")],
    type: Annotated[str, typer.Argument(metavar="TYPE", help="UserTag, CurDescr, Running, …")] = "",  # noqa: A002
    fields: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE…", help="The event's attributes.")] = None,
    source: Annotated[str, typer.Option("--source", help="Who saw it happen.")] = "Application",
    seqcode: Annotated[str, typer.Option("--seqcode", help="The sequence code that travels with the job.")] = "",
    spool: SpoolDirectory = None,
    later: Annotated[bool, typer.Option("--later", help="Only keep it; 'gridwms forward' sends it.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Log an event of a job, or lines of ULM from standard input.

    While the service is away the lines are kept on disk and sent, in order, with the next ones or by 'gridwms forward'.
    """
    from gridwms.cli.forwarding import deliver
    from gridwms.client.errors import ClientError, ServiceBusy, ServiceUnreachable
    from gridwms.client.spool import Spool

    lines = _given(sys.stdin.read()) if job == "-" else [_line(job, type, fields or [], source, seqcode)]
    kept = Spool(spool_directory(spool))
    try:
        kept.append(lines)
    except ClientError as error:
        from gridwms.cli.trouble import report

        raise typer.Exit(report(error)) from error
    taken = refused = 0
    waiting = later
    if not later:
        try:
            told = deliver(kept, service)
            taken, refused = told.taken, told.refused
            waiting = kept.pending()
        except (ServiceUnreachable, ServiceBusy) as error:
            waiting = True
            say.note(f"kept in {kept.directory} until the service answers: {say.clean(error.sentence)}")
    if json:
        say.data({"taken": taken, "refused": refused, "waiting": waiting})
    elif refused:
        say.note(f"{refused} lines were refused: see {kept.directory}/refused.jsonl")
    raise typer.Exit(Exit.REFUSED if refused else Exit.OK)


def spool_directory(given: Path | None) -> Path:
    """Where lines wait for the service."""
    from gridwms.client.find import data_directory

    named = os.environ.get("GRIDWMS_SPOOL", "")
    return (given or (Path(named) if named else data_directory() / "spool")).expanduser()


def _given(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


_WHERE = {"type": "TYPE", "source": "--source", "attribute": "NAME=VALUE"}


def _line(job: str, kind: str, fields: list[str], source: str, seqcode: str) -> str:
    from gridwms.bookkeeping.compose import BadEvent, compose

    values = {}
    for pair in fields:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{pair}' is no NAME=VALUE", param_hint="NAME=VALUE")
        values[name] = value
    try:
        host = socket.gethostname()
        return compose(job, kind, values, source=source, seqcode=seqcode, host=host, now=time.time())
    except BadEvent as error:
        raise typer.BadParameter(str(error), param_hint=_WHERE[error.what]) from error
