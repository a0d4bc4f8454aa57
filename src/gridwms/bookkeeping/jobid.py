"""Job ids, ids of sub-jobs derived from a seed, and notification ids (gLite reference: identifiers).

`https://<server>[:port]/<22 URL-safe base64 characters>`: the id is the address of the record.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_PORT = 9000
DEFAULT_SEED = "edg_wll_GenerateSubjobIds()"
"""What stands for the seed when a parent is registered without one."""

UNIQUE_LENGTH = 22
_ID = re.compile(r"https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?/(NOTIF:)?([A-Za-z0-9_-]+)")


class BadId(Exception):
    """The text is no job id, or no notification id."""


@dataclass(frozen=True, slots=True)
class JobId:
    """A job id in its parts."""

    host: str
    port: int
    unique: str

    def __str__(self) -> str:
        return f"https://{self.host}:{self.port}/{self.unique}"


@dataclass(frozen=True, slots=True)
class NotificationId:
    """The id of a registration for notifications."""

    host: str
    port: int
    unique: str

    def __str__(self) -> str:
        return f"https://{self.host}:{self.port}/NOTIF:{self.unique}"


def parse(text: str) -> JobId:
    """The job id in `text`. Raises BadId."""
    host, port, notification, unique = _parts(text, "job")
    if notification:
        raise BadId(f"'{text[:120]}' is a notification id, not a job id")
    return JobId(host, port, unique)


def parse_notification(text: str) -> NotificationId:
    """The notification id in `text`. Raises BadId."""
    host, port, notification, unique = _parts(text, "notification")
    if not notification:
        raise BadId(f"'{text[:120]}' is not a notification id: its last part must begin with 'NOTIF:'")
    return NotificationId(host, port, unique)


def _parts(text: str, what: str) -> tuple[str, int, bool, str]:
    found = _ID.fullmatch(text)
    if found is None:
        raise BadId(f"'{text[:120]}' is not a {what} id: expected https://<host>[:<port>]/<unique>")
    port = int(found[2]) if found[2] else DEFAULT_PORT
    if not 0 < port < 65536:
        raise BadId(f"'{text[:120]}' is not a {what} id: port {port} does not exist")
    return found[1], port, found[3] is not None, found[4]


def unique_of(text: str) -> str:
    """22 URL-safe base64 characters of the MD5 of `text`: the form of every unique part."""
    return urlsafe_b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode().rstrip("=")


def new_job_id(host: str, port: int, process: int, microseconds: int, draw: int) -> JobId:
    """A new id; process number, time and a random number are the caller's."""
    return JobId(host, port, unique_of(f"{host}{process}{microseconds}{draw}"))


def sub_job(parent: JobId, index: int, seed: str = "") -> JobId:
    """The id of the sub-job with this index (from 0): anybody can compute it before it is registered."""
    return JobId(parent.host, parent.port, unique_of(f"{parent.unique},{seed or DEFAULT_SEED},{index}"))


def sub_jobs(parent: JobId, count: int, seed: str = "") -> Iterator[JobId]:
    """The ids of the first `count` sub-jobs."""
    return (sub_job(parent, index, seed) for index in range(count))
