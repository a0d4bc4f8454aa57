"""Ending many jobs with one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gridwms.cli import layout, say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.trouble import as_data, report
from gridwms.client import Client
from gridwms.client.answers import Ended
from gridwms.client.errors import ClientError

Answers = Sequence[Ended | ClientError]


def end(jobs: Sequence[str], service: str, ask: Callable[[Client, Sequence[str]], Answers], json: bool) -> Exit:
    """Ask, tell what became of each job, and give the exit code."""
    with Client(service) as client:
        answers = ask(client, jobs)
    codes: list[Exit] = []
    told: list[dict[str, object]] = []
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, ClientError):
            codes.append(report(answer))
            told.append({"asked": job, "answer": None, "error": as_data(answer)})
        else:
            codes.append(Exit.OK if answer.done else Exit.NOT_IN_STATE)
            told.append({"asked": job, "answer": answer, "error": None})
    if json:
        say.data({"jobs": told})
        return together(codes)
    rows = [
        [(answer.sentence, "" if answer.done else "warn"), (answer.id, "")]
        for answer in answers
        if isinstance(answer, Ended)
    ]
    if rows:
        layout.table(["WHAT", "JOB"], rows)
    return together(codes)
