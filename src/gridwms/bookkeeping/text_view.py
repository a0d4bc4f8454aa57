"""The plain text pages of the server, `?text`: lines `key=value` (gLite reference: HTTP, text).

A backslash and a line feed in a value are written `\\\\` and `\\n`. Times are those of UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.bookkeeping.status import GROUPS, JobStatus, attributes

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIRST = (
    "owner",
    "jobtype",
    "parent_job",
    "payload_owner",
    "condorId",
    "globusId",
    "localId",
    "reason",
    "stateEnterTime",
    "lastUpdateTime",
    "expectUpdate",
    "expectFrom",
    "location",
    "destination",
    "ce_node",
    "network_server",
    "resubmitted",
    "cancelling",
    "cancelReason",
    "cpuTime",
    "done_code",
    "exit_code",
    "jw_status",
    "acl",
    "user_tags",
    "failure_reasons",
)
_LAST = ("jdl", "matched_jdl", "rsl")
_NAMED = {"jobtype": "job_type"}
_TIMES = frozenset({"stateEnterTime", "lastUpdateTime"})
_LEFT_OUT = frozenset({"jobId", "children_states", "children_hist", "stateEnterTimes"})


def state_text(status: JobStatus) -> str:
    """The state as it is printed: `Running`, `Done (Success)`, `Done (Exit Code !=0)`, …"""
    if status.state is not StateCode.DONE:
        return status.state.word
    match status.done_code:
        case DoneCode.OK:
            return "Done (Success)" if status.exit_code == 0 else "Done (Exit Code !=0)"
        case DoneCode.FAILED:
            return "Done (Failed)"
        case DoneCode.CANCELLED:
            return "Done (Cancelled)"
        case _:
            return "Done (Unable to retrieve  a valid done_code)"


def clock_text(microseconds: int) -> str:
    """A moment as C's ctime writes it, in UTC, without the line feed: `Sun Mar 13 06:33:20 2011`."""
    when = _EPOCH + timedelta(microseconds=microseconds)
    month = _MONTHS[when.month - 1]
    return f"{_DAYS[when.weekday()]} {month} {when.day:2d} {when:%H:%M:%S} {when.year}"


def escape(text: str) -> str:
    """A value on one line."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unescape(text: str) -> str:
    """The reverse of `escape`."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _value(name: str, value: object) -> str:
    if value is None or value == ():
        return ""
    if name in _TIMES and isinstance(value, int):
        return clock_text(value) if value else ""
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if name in ("jw_status", "cream_jw_status", "sandbox_retrieved"):
        return str(getattr(value, "name", value))
    if isinstance(value, tuple):
        return ",".join("=".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in value)
    return str(int(value)) if isinstance(value, DoneCode) else str(value)


def job_text(status: JobStatus) -> str:
    """The page of a job: all attributes; those of its kind of job after the common ones, the long texts last."""
    known = attributes(status)
    own = [name for name in known if any(name.startswith(prefix) for prefix, _ in GROUPS.values())]
    rest = [name for name in known if name not in {*_FIRST, *_LAST, *_LEFT_OUT, *own}]
    lines = [("Job", status.job_id), ("Status", status.state.word)]
    lines += [(_NAMED.get(name, name), _value(name, known[name])) for name in (*_FIRST, *rest, *own, *_LAST)]
    return _lines(lines)


def jobs_text(subject: str, jobs: Iterable[str]) -> str:
    """The page of a user's jobs."""
    return _lines([("User_jobs", ",".join(jobs)), ("User_subject", subject or "<anonymous>")])


def notifications_text(notifications: Iterable[str]) -> str:
    """The page of a user's notifications."""
    return _lines([("User_notifications", ",".join(notifications))])


def error_text(error: str, code: int, text: str, description: str) -> str:
    """The page of an error: HTTP's word for it, the number of the library's error, and what happened."""
    return _lines([("Error", error), ("Code", str(code)), ("Description", f"{text} ({description})")])


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name}={escape(value)}\n" for name, value in pairs)


def parse_page(text: str) -> dict[str, str]:
    """The keys and values of a page; lines without `=` are passed over."""
    pairs = (line.partition("=") for line in text.split("\n"))
    return {name: unescape(value) for name, equals, value in pairs if equals}
