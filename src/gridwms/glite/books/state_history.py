"""`glite-lb-state_history`: when a job was in which state."""

from __future__ import annotations

import sys

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Usage
from gridwms.glite.wording import clock_moment


def main(asked: Asked) -> int:
    """Print each state that was entered, the first one first, TAB between its parts."""
    if not asked.operands:
        raise Usage("name a job")
    lb = shared.books(shared.me())
    try:
        for job in asked.operands:
            times = (lb.status(job).get("stateEnterTimes") or {}).items()
            for state, at in sorted(times, key=lambda one: one[1]):
                sys.stdout.write(f"{job}\t{int(at)}\t{clock_moment(at)}\t{state}\n")
    finally:
        lb.close()
    return 0


COMMAND = Command("glite-lb-state_history", (shared.HELP,), "jobid ...", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
