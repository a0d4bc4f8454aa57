"""Telling what the parts of a service refuse to work with, for the commands that run them here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit


@contextmanager
def refusals() -> Iterator[None]:
    """End the command with the sentence and the advice of an error of ours; any other error is a fault and goes on."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] != "gridwms":
            raise
        say.note(f"error: {getattr(error, 'sentence', '') or error}")
        if getattr(error, "advice", ""):
            say.note(f"       {getattr(error, 'advice', '')}")
        raise typer.Exit(Exit.FAILED) from error
