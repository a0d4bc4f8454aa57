"""Job ids as these commands take them: `https://<host>[:<port>]/<unique>`, also with `jobs/` before the last part."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ID = re.compile(
    r"https://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"/(?:jobs/)?(?P<unique>[A-Za-z0-9_-]+)"
)
PORT = 9000
"""Of L&B."""


def is_job_id(text: str) -> bool:
    """Whether it has the form of one."""
    found = _ID.fullmatch(text)
    return found is not None and 0 < int(found["port"] or PORT) < 65536


def unique_of(job: str) -> str:
    """Its last part, which names directories."""
    return job.rstrip("/").rpartition("/")[2]


def server_of(job: str) -> str:
    """`host:port` of the L&B that has its record."""
    found = _ID.fullmatch(job)
    if found is None:
        return ""
    return f"{found['host']}:{found['port'] or PORT}"


def once(ids: Iterable[str]) -> list[str]:
    """Without repetitions, in order."""
    return list(dict.fromkeys(ids))
