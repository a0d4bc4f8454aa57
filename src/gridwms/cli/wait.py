"""`gridwms wait`: until jobs have ended."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from gridwms.client import Client
    from gridwms.client.answers import Job
    from gridwms.client.errors import ClientError

_WORST = (Exit.ABORTED, Exit.CANCELLED, Exit.PAYLOAD_FAILED)


def wait(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", min=0, help="Give up after so long (exit code 13).")
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Do not print states as they pass.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Wait until jobs have ended, and print their states as they pass.

    Exit code 0: all ended well with exit code 0; 10: a payload had another one; 11: a job was given up; 12: cancelled.
    """
    from gridwms.client import Client

    with Client(service) as client:
        ended = follow(client, ids(jobs, input), show=not (json or quiet), timeout=timeout)
    if json:
        say.data({"jobs": ended})
    raise typer.Exit(outcome(ended))


def follow(client: Client, jobs: Sequence[str], *, show: bool, timeout: float | None = None) -> list[Job]:
    """Wait for jobs, printing their states as they pass; the jobs as they ended."""
    last: dict[str, Job] = {}
    for job in client.watch(jobs, timeout=timeout, lost=tell_lost):
        last[job.key] = job
        if show:
            _show(job, len(jobs))
    return list(last.values())


def tell_lost(error: ClientError) -> None:
    say.note(f"{error.sentence} Waiting for it to come back.")


def outcome(jobs: Sequence[Job]) -> Exit:
    """The exit code for jobs that have ended: the worst of them."""
    found = {_outcome(job) for job in jobs}
    return next((code for code in _WORST if code in found), Exit.OK)


def _outcome(job: Job) -> Exit:
    if job.went_well:
        return Exit.PAYLOAD_FAILED if job.exit_code else Exit.OK
    cancelled = job.state == "CANCELLED" or job.done_code == "CANCELLED"
    return Exit.CANCELLED if cancelled else Exit.ABORTED


def _show(job: Job, count: int) -> None:
    from gridwms.cli import layout, wording

    state = wording.state(job)
    more = [
        wording.ending(job) if job.is_over else "",
        wording.place(job) if not job.is_over else "",
        wording.nodes(job),
    ]
    if job.reason is not None and job.state not in ("RUNNING", "CLEARED"):
        more.append(job.reason.sentence)
    text = "; ".join(filter(None, more))
    name = f"{job.key}  " if count > 1 else ""
    painted = say.paint(state.ljust(16), wording.style(job))
    say.line(f"{layout.clock(job.state_since)}  {name}{painted}  {say.clean(text)}".rstrip())
    sys.stdout.flush()
