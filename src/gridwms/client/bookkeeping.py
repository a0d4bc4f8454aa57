"""Logging and Bookkeeping for programs: what `gridwms.client.Client.bookkeeping` offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from gridwms.client.calls import API, Call
from gridwms.client.errors import ClientError, of_item
from gridwms.client.find import key_at
from gridwms.client.spool import AT_ONCE
from gridwms.client.transport import Transport

Data = dict[str, Any]


class Bookkeeping:
    """Jobs of other systems are named by their L&B ids, ours by key or id. Every method raises a ClientError."""

    def __init__(self, transport: Transport, url: str) -> None:
        self._transport = transport
        self._url = url

    def status(self, job: str, *, flags: str = "", archived: bool = False) -> Data:
        """All attributes of a job by their L&B names; times in seconds since the epoch."""
        params = {"job": job, "flags": flags} | _archive(archived)
        found: Data = self._get("/bookkeeping", params)["job"]
        return found

    def text(self, job: str, *, archived: bool = False) -> str:
        """The same as lines `key=value`."""
        return self._text("/bookkeeping", {"job": job, "format": "text"} | _archive(archived))

    def events(self, job: str, *, archived: bool = False) -> list[Data]:
        """The events of a job in the words of L&B."""
        found: list[Data] = self._get("/bookkeeping/events", {"job": job} | _archive(archived))["events"]
        return found

    def lines(self, job: str, *, archived: bool = False) -> str:
        """The same as lines of ULM."""
        return self._text("/bookkeeping/events", {"job": job, "format": "ulm"} | _archive(archived))

    def log(self, lines: Sequence[str]) -> list[tuple[int, ClientError]]:
        """Log lines of ULM; those that were refused (counted from 0), and why. All others are on disk there."""
        refused: list[tuple[int, ClientError]] = []
        for first in range(0, len(lines), AT_ONCE):
            part = {"lines": list(lines[first : first + AT_ONCE])}
            told = self._post("/events", part)
            refused += [(first + one["line"] - 1, of_item(one["error"])) for one in told["refused"]]
        return refused

    def tag(self, jobs: Sequence[str], tags: Mapping[str, str]) -> list[ClientError | None]:
        """Say something of jobs: name to value. One answer a job."""
        return self._said("/jobs/tag", {"jobs": self._keys(jobs), "tags": dict(tags)})

    def share(
        self, jobs: Sequence[str], who: str, permission: str, *, allow: bool = True, remove: bool = False
    ) -> list[ClientError | None]:
        """Let somebody read, tag or see the status of jobs, or no longer. One answer a job."""
        entry = {"who": who, "permission": permission, "allow": allow}
        change = "remove" if remove else "add"
        return self._said("/jobs/share", {"jobs": self._keys(jobs), "change": change, "entry": entry})

    def access(self, job: str) -> Data:
        """Who may do something with a job: `owner` and `entries`."""
        return self._get(f"/jobs/{key_at(job, self._url)}/access", {})

    def query(self, conditions: str, *, limit: int = 0, archived: bool = False) -> Iterator[Data]:
        """The jobs that conditions hold for, page by page; all when `limit` is 0."""
        yield from self._pages("jobs", {"q": conditions} | _archive(archived), limit)

    def query_events(self, conditions: str, events: str, *, limit: int = 0) -> Iterator[Data]:
        """The events that conditions hold for, of the jobs that others hold for."""
        yield from self._pages("events", {"q": conditions, "events": events}, limit)

    def statistics(self, begin: float, end: float) -> Data:
        """How many jobs entered which state at each destination, and how long that took."""
        return self._get("/statistics", {"begin": str(begin), "end": str(end)})

    def archive(self, days: float, most: int) -> Data:
        """Archive what ended more than so many days ago: `jobs`, how many, and `files`. For operators."""
        return self._post("/archive", {"days": days, "most": most})

    def archive_files(self) -> list[Data]:
        """The files of the archive."""
        found: list[Data] = self._get("/archive", {})["files"]
        return found

    def check_archive(self) -> list[str]:
        """What is wrong with the archive, as sentences."""
        wrong: list[str] = self._post("/archive/check", {})["wrong"]
        return wrong

    def load_archive(self, file: str) -> int:
        """Put the jobs of a file back into the database; how many were not there."""
        return int(self._post("/archive/load", {"file": file})["jobs"])

    def _pages(self, of: str, params: Mapping[str, str], limit: int) -> Iterator[Data]:
        after, left = "", limit or float("inf")
        while left > 0:
            page = self._get("/query", {**params, "of": of, "after": after, "limit": str(int(min(left, 1000)))})
            yield from page[of]
            left -= len(page[of])
            after = page["next"] or ""
            if not after:
                return

    def _said(self, path: str, body: Data) -> list[ClientError | None]:
        told = self._post(path, body)["jobs"]
        return [of_item(one["error"]) if one["error"] else None for one in told]

    def _post(self, path: str, body: Data) -> Data:
        found: Data = self._transport.run(Call(method="POST", path=f"{API}{path}", json=body, read=lambda said: said))
        return found

    def _keys(self, jobs: Sequence[str]) -> list[str]:
        return [key_at(job, self._url) for job in jobs]

    def _get(self, path: str, params: Mapping[str, str]) -> Data:
        given = {name: value for name, value in params.items() if value}
        found: Data = self._transport.run(Call(method="GET", path=f"{API}{path}", params=given, read=lambda said: said))
        return found

    def _text(self, path: str, params: Mapping[str, str]) -> str:
        with self._transport.fetch(f"{API}{path}?{urlencode(params)}") as parts:
            return b"".join(parts).decode()


def _archive(wanted: bool) -> dict[str, str]:
    return {"archived": "true"} if wanted else {}
