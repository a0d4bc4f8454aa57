"""The exit codes of all commands (docs/user/exit-codes.md)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """What a command says to the shell that started it."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    NOT_PERMITTED = 5
    UNREACHABLE = 6
    BUSY = 7
    NOT_IN_STATE = 8
    NO_MATCH = 9
    PAYLOAD_FAILED = 10
    ABORTED = 11
    CANCELLED = 12
    TIMED_OUT = 13
    INTERRUPTED = 130


def together(codes: Iterable[Exit]) -> Exit:
    """The code of a command on several things: the one they all have that failed, FAILED when they differ."""
    failed = {code for code in codes if code is not Exit.OK}
    if not failed:
        return Exit.OK
    return failed.pop() if len(failed) == 1 else Exit.FAILED
