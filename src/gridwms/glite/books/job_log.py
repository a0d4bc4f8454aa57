"""`glite-lb-job_log`: the events of jobs as lines of ULM."""

from __future__ import annotations

import sys

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Usage


def main(asked: Asked) -> int:
    """Print them."""
    from gridwms.glite.lb import LbError

    if not asked.operands:
        raise Usage("name a job")
    lb = shared.books(shared.me())
    code = 0
    try:
        for job in asked.operands:
            try:
                sys.stdout.write(lb.lines(job))
            except LbError as error:
                sys.stderr.write(f"{job}: {error.text} ({error.description})\n")
                code = 1
    finally:
        lb.close()
    return code


COMMAND = Command("glite-lb-job_log", (shared.HELP,), "jobid ...", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
