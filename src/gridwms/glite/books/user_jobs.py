"""`glite-lb-user_jobs`: the jobs of the user, and their states."""

from __future__ import annotations

import sys
from urllib.parse import quote

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option

OPTIONS = (shared.HELP, shared.SERVER, Option("o", "owner", "subject", "another user, for operators"))


def main(asked: Asked) -> int:
    """Print them."""
    user = shared.me()
    server = shared.server_named(asked)
    lb = shared.books(user, server)
    try:
        owner = asked.text("owner") or user.subject
        found = lb.query(server, f"owner={quote(owner, safe='')}" if owner else "lastupdatetime>0")
    finally:
        lb.close()
    for one in found:
        sys.stdout.write(f"{one['id']} .... {one['state_text']}\n")
    sys.stdout.write(f"Found {len(found)} jobs\n")
    return 0


COMMAND = Command("glite-lb-user_jobs", OPTIONS, "", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
