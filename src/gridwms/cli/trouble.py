"""Errors of commands: a sentence and an advice on stderr, and the exit code that goes with them."""

from __future__ import annotations

import sys
from typing import Any

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.client import errors

_CODES: dict[type[Exception], Exit] = {
    errors.Refused: Exit.REFUSED,
    errors.NotThere: Exit.NOT_FOUND,
    errors.NotPermitted: Exit.NOT_PERMITTED,
    errors.NotIdentified: Exit.NOT_PERMITTED,
    errors.WrongService: Exit.NOT_PERMITTED,
    errors.NotTrusted: Exit.NOT_PERMITTED,
    errors.ServiceUnreachable: Exit.UNREACHABLE,
    errors.ServiceBusy: Exit.BUSY,
    errors.NotInState: Exit.NOT_IN_STATE,
    errors.TimedOut: Exit.TIMED_OUT,
}


def code_of(error: errors.ClientError) -> Exit:
    """The exit code of an error."""
    return _CODES.get(type(error), Exit.FAILED)


def report(error: errors.ClientError, about: str = "") -> Exit:
    """Tell of an error; `about`: what it concerns, when the sentence does not say. Its exit code."""
    where = f"{say.clean(about)}: " if about else ""
    say.note(f"{say.paint('error:', 'bad', sys.stderr)} {where}{say.clean(error.sentence)}")
    if error.advice:
        say.note(f"       {say.clean(error.advice)}")
    return code_of(error)


def as_data(error: errors.ClientError) -> dict[str, Any]:
    """An error in JSON output."""
    return {"code": error.code, "message": error.sentence, "advice": error.advice}
