"""Doing one thing for each of several jobs, so that one that fails harms no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gridwms.cli.exit_codes import Exit
from gridwms.cli.trouble import as_data, report
from gridwms.client import Client
from gridwms.client.errors import ClientError, ServiceUnreachable

T = TypeVar("T")


def each(
    jobs: Sequence[str], service: str, ask: Callable[[Client, str], T], show: Callable[[T], None] | None
) -> tuple[list[dict[str, Any]], list[Exit]]:
    """Ask about each job and show the answer; the answers for JSON, and the exit codes.

    A service that cannot be reached ends it at once.
    """
    answers: list[dict[str, Any]] = []
    codes: list[Exit] = []
    with Client(service) as client:
        for job in jobs:
            try:
                found = ask(client, job)
            except ServiceUnreachable:
                raise
            except ClientError as error:
                answers.append({"asked": job, "answer": None, "error": as_data(error)})
                codes.append(report(error))
            else:
                answers.append({"asked": job, "answer": found, "error": None})
                codes.append(Exit.OK)
                if show is not None:
                    show(found)
    return answers, codes
