"""`glite-lb-dump`: the events of the user's jobs as lines of ULM, for `glite-lb-load`."""

from __future__ import annotations

import sys
from urllib.parse import quote

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

OPTIONS = (
    shared.HELP,
    shared.SERVER,
    Option("f", "from", "seconds", "jobs with events after this, since the epoch"),
    Option("t", "to", "seconds", "and before this"),
)


def main(asked: Asked) -> int:
    """Print them."""
    user = shared.me()
    server = shared.server_named(asked)
    conditions = [f"owner={quote(user.subject, safe='')}"] if user.subject else []
    for name, sign in (("from", ">"), ("to", "<")):
        if asked.has(name):
            if not asked.text(name).isdigit():
                raise Usage(f"--{name} takes seconds since the epoch")
            conditions.append(f"lastupdatetime{sign}{asked.text(name)}")
    lb = shared.books(user, server)
    try:
        found = lb.query(server, "&".join(conditions) or "lastupdatetime>0")
        for one in found:
            sys.stdout.write(lb.ask(server, lambda at, job=str(one["id"]): at.lines(job)))  # type: ignore[misc]
    finally:
        lb.close()
    sys.stderr.write(f"{len(found)} jobs\n")
    return 0


COMMAND = Command("glite-lb-dump", OPTIONS, "", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
