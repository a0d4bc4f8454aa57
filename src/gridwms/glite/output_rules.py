"""In which states there is output to fetch (gLite reference §8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridwms.glite.failure import Failure

if TYPE_CHECKING:
    from gridwms.glite.record import Record


class NotAllowed(Failure):
    """There is nothing to fetch, or not yet."""


def check_single(record: Record) -> str:
    """A warning for output that may not be what it should be. Raises NotAllowed where there is none."""
    match record.state, record.done_code:
        case "Done", "OK":
            return "the status is DONE (ExitCode != 0)" if record.exit_code else ""
        case "Done", "CANCELLED":
            return "the status is DONE CANCELLED"
        case "Aborted", _:
            return "the status is ABORTED"
        case "Done", _:
            text = f"Unable to retrieve the output\n{record.id}: the status is DONE FAILED"
            raise NotAllowed("Operation Failed", text)
        case "Cleared", _:
            raise NotAllowed("Output not allowed", "Output files already retrieved")
        case "Cancelled", _:
            raise NotAllowed("Output not allowed", "The Job has been cancelled")
    raise NotAllowed("Output not yet ready", f"Current Job Status is: {record.state_text}")


def check_compound(record: Record) -> None:
    """Raises NotAllowed where no node can have output."""
    if record.state == "Cleared":
        raise NotAllowed("Output not allowed", "Output files already retrieved")
    if record.state in ("Submitted", "Waiting"):
        raise NotAllowed("Output not yet ready", "Output files have not been generated")
