"""`gridwms peek`: look into a file of a running job."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.options import Json, Service


def peek(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Id (URL) or key.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file in the job's working directory.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the job has ended.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Print what a running job has written to a file. The job needs 'PerusalFileEnable = true'."""
    from gridwms.client import Client

    parts = []
    with Client(service) as client:
        for part in client.peek(job, file, follow=follow):
            if json:
                parts.append(part)
            else:
                sys.stdout.buffer.write(part)
                sys.stdout.buffer.flush()
    if json:
        say.data({"job": job, "file": file, "text": b"".join(parts).decode("utf-8", "replace")})
