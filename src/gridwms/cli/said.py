"""Telling what became of something that was said of several jobs."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.trouble import as_data, report
from gridwms.client.errors import ClientError


def tell(jobs: Sequence[str], answers: Sequence[ClientError | None], done: str, json: bool) -> Exit:
    """Tell it job by job, and give the exit code."""
    codes = [Exit.OK if error is None else report(error, job) for job, error in zip(jobs, answers, strict=True)]
    if json:
        told = [
            {"asked": job, "done": error is None, "error": as_data(error) if error else None}
            for job, error in zip(jobs, answers, strict=True)
        ]
        say.data({"jobs": told})
        return together(codes)
    for job, error in zip(jobs, answers, strict=True):
        if error is None:
            say.line(f"{done}  {say.clean(job)}")
    return together(codes)
