"""The states of a job. Names and meaning are those of gLite Logging & Bookkeeping (L&B)."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a job is."""

    SUBMITTED = "SUBMITTED"
    """Registered and durable; its input sandbox may still be on the way."""
    WAITING = "WAITING"
    """Accepted; waits for a match, or for a retry."""
    READY = "READY"
    """Matched; on its way to a computing element."""
    SCHEDULED = "SCHEDULED"
    """The site has it and will run it."""
    RUNNING = "RUNNING"
    """The wrapper runs on a worker node."""
    DONE = "DONE"
    """An attempt ended: see the done code. A failed attempt may still lead to another one."""
    CLEARED = "CLEARED"
    """The user has fetched the output."""
    ABORTED = "ABORTED"
    """Given up by the system, with a reason."""
    CANCELLED = "CANCELLED"
    """Ended at the user's wish."""
    PURGED = "PURGED"
    """Its files and its description are gone; the record remains."""
    UNKNOWN = "UNKNOWN"
    """Cannot be told; only ever shown, never stored."""


class DoneCode(StrEnum):
    """How the attempt of a DONE job ended."""

    OK = "OK"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ACTIVE = frozenset({State.WAITING, State.READY, State.SCHEDULED, State.RUNNING})
"""A job that the system still has work with."""

AT_SITE = frozenset({State.READY, State.SCHEDULED, State.RUNNING})
"""A job whose current attempt may be, or is, at a site."""

ENDED = frozenset({State.CLEARED, State.ABORTED, State.CANCELLED, State.PURGED})
"""No report of a site or a wrapper moves a job out of these."""
