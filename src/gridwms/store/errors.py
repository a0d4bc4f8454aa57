"""Why the database cannot be used, as sentences that say what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError


class StoreUnavailable(Exception):
    """The database cannot be read or written; nothing of the failed write was kept. The text says what to do."""


class InDoubt(StoreUnavailable):
    """The line to the database broke in a commit, and nobody could be asked whether it was made."""


def unavailable(error: Exception) -> StoreUnavailable:
    """What an error of the driver means to a person."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip().removesuffix(".")
    return StoreUnavailable(f"The database cannot be used: {said}; {_advice(said.lower())}.")


def _advice(said: str) -> str:
    if "connect" in said:
        return "see that the database server runs and can be reached"
    if "full" in said or "no space left" in said:
        return "free space on its disk, then try again: nothing was lost"
    if "locked" in said:
        return "another program holds it: stop that program, or wait"
    if "malformed" in said or "not a database" in said or "corrupt" in said:
        return "its file is damaged: stop the service, look with 'gridwms db check', and restore a backup"
    if "readonly" in said or "read-only" in said:
        return "its file or file system is read-only: look at the system's log why, and make it writable again"
    if "unable to open" in said:
        return "see that its directory is there, with rights for the service, and has room"
    if "disk i/o" in said:
        return "its disk fails: look at the system's log, and save what is there with 'gridwms db backup'"
    return "look at the disk and the log of the database"
