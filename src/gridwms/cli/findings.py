"""What a check of stored records found, told, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit


def tell_findings(wrong: Sequence[str], sound: str, *, json: bool) -> None:
    """Print the findings, or the sentence `sound` when there are none, and end the command."""
    if json:
        say.data({"wrong": wrong})
    else:
        for sentence in wrong:
            say.line(sentence)
        say.note(sound if not wrong else f"{len(wrong)} things are wrong")
    raise typer.Exit(Exit.FAILED if wrong else Exit.OK)
