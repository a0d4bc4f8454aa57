"""`glite-lb-job_log`: the events of jobs as lines of ULM."""

from __future__ import annotations

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command


def main(asked: Asked) -> int:
    """Print them."""
    return shared.each_job(asked, lambda lb, job: lb.lines(job))


COMMAND = Command("glite-lb-job_log", (shared.HELP,), "jobid ...", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
