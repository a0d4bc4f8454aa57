"""`glite-lb-load`: log lines of ULM that a file has; a line that is there already does no harm."""

from __future__ import annotations

import sys
from pathlib import Path

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

OPTIONS = (shared.HELP, shared.SERVER, Option("f", "file", "file", "the lines; else standard input"))


def main(asked: Asked) -> int:
    """Log them."""
    name = asked.text("file") or next(iter(asked.operands), "")
    try:
        text = Path(name).read_text("utf-8") if name else sys.stdin.read()
    except (OSError, ValueError) as error:
        raise Usage(str(error)) from error
    lines = [line for line in text.split("\n") if line.strip()]
    server = shared.server_named(asked)
    lb = shared.books(shared.me(), server)
    try:
        refused = shared.log_lines(lb, server, lines) if lines else 0
    finally:
        lb.close()
    sys.stdout.write(f"{len(lines) - refused} events loaded, {refused} refused\n")
    return 1 if refused else 0


COMMAND = Command("glite-lb-load", OPTIONS, "", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
