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


def _line(job: str, kind: str, fields: list[str], source: str, seqcode: str) -> str:
    from gridwms.bookkeeping.event_types import type_named
    from gridwms.bookkeeping.sources import source_named
    from gridwms.bookkeeping.ulm import UlmError, escape, parse_line, write_line

    known = type_named(kind)
    if known is None:
        raise typer.BadParameter(f"'{kind}' is not the type of an event", param_hint="TYPE")
    if source_named(source) is None:
        raise typer.BadParameter(f"'{source}' is not a source of events", param_hint="--source")
    names = {one.name for one in known.fields}
    values = ""
    for pair in fields:
        name, equals, value = pair.partition("=")
        if not equals or name not in names:
            takes = ", ".join(sorted(names)) or "none"
            raise typer.BadParameter(f"'{pair}': {known.name} takes {takes}", param_hint="NAME=VALUE")
        values += f' DG.{known.name.upper()}.{name.upper()}="{escape(value)}"'
    seconds = time.time()
    date = time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1_000_000):06d}"
    text = (
        f'DATE={date} HOST="{escape(socket.gethostname())}" DG.SOURCE="{source}" DG.EVNT="{known.name}" '
        f'DG.JOBID="{escape(job)}" DG.SEQCODE="{escape(seqcode)}"{values}'
    )
    try:
        return write_line(parse_line(text)).rstrip("\n")
    except UlmError as error:
        raise typer.BadParameter(str(error), param_hint="NAME=VALUE") from error
