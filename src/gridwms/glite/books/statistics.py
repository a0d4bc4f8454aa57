"""`glite-lb-statistics`: how many jobs entered which state at each computing element, and how long that took."""

from __future__ import annotations

import sys
import time

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

OPTIONS = (
    shared.HELP,
    shared.SERVER,
    Option("f", "from", "seconds", "since the epoch; else an hour ago"),
    Option("t", "to", "seconds", "since the epoch; else now"),
)


def main(asked: Asked) -> int:
    """Print a line for each element and what was counted or measured there, TAB between its parts."""
    try:
        end = float(asked.text("to") or time.time())
        begin = float(asked.text("from") or end - 3600)
    except ValueError as error:
        raise Usage(str(error)) from error
    server = shared.server_named(asked)
    lb = shared.books(shared.me(), server)
    try:
        found = lb.ask(server, lambda at: at.statistics(begin, end))
    finally:
        lb.close()
    for place in found["places"]:
        where = place["destination"]
        for state, count in place["entered"].items():
            sys.stdout.write(f"{where}\tentered {state}\t{count}\n")
        for spell, told in place["took"].items():
            sys.stdout.write(f"{where}\tseconds {spell}\t{told['mean']:.1f}\n")
    return 0


COMMAND = Command("glite-lb-statistics", OPTIONS, "", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
