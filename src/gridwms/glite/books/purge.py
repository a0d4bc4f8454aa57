"""`glite-lb-purge`: let the service forget jobs by state and age (gLite reference §6.13)."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

if TYPE_CHECKING:
    from gridwms.client import Client

_AGE = "NNN[smhd]"
OPTIONS = (
    shared.HELP,
    shared.SERVER,
    Option("a", "aborted", _AGE, "aborted jobs of this age"),
    Option("c", "cleared", _AGE, "cleared jobs"),
    Option("n", "cancelled", _AGE, "cancelled jobs"),
    Option("e", "done", _AGE, "done jobs"),
    Option("o", "other", _AGE, "accepted, and nothing is done: jobs that have not ended are not purged"),
    Option("r", "dry-run", "", "only say which"),
    Option("j", "jobid-file", "file", "the jobs of this file, whatever their age"),
    Option("l", "return-list", "", "print the ids"),
    Option("i", "client-dump", "", "print the events of each before"),
    Option("s", "server-dump", "", "not there: the archive of the service keeps what is old"),
    Option("t", "target-runtime", "seconds", "accepted, and without effect"),
    Option("b", "background", "", "accepted, and without effect"),
    Option("x", "proxy", "", "accepted, and without effect"),
    Option("X", "sock", "path", "accepted, and without effect"),
)
_STATES = {"aborted": "ABORTED", "cleared": "CLEARED", "cancelled": "CANCELLED", "done": "DONE"}
_DEFAULTS = {"cleared": "3d", "aborted": "7d", "cancelled": "7d", "done": "31d"}
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def main(asked: Asked) -> int:
    """Purge them."""
    from gridwms.client.errors import ClientError
    from gridwms.glite.lb import error_of

    if asked.has("server-dump"):
        raise Usage("--server-dump is not there; --client-dump prints the events here")
    server, user = shared.server_named(asked), shared.me()
    with shared.client_at(server, user) as client:
        try:
            found = _listed(asked, client) if asked.has("jobid-file") else _old(asked, client)
        except ClientError as error:
            raise error_of(error) from error
    if asked.has("return-list") or asked.has("dry-run"):
        sys.stdout.write("".join(f"{job}\n" for job in found))
    sys.stderr.write(f"{len(found)} jobs {'would be purged' if asked.has('dry-run') else 'purged'}\n")
    return 0


def _listed(asked: Asked, client: Client) -> list[str]:
    from gridwms.client.errors import ClientError
    from gridwms.glite.jobid_file import read_items

    jobs, _remarks = read_items(asked.text("jobid-file"))
    _dump(asked, client, jobs)
    if asked.has("dry-run"):
        return jobs
    done = []
    for job, answer in zip(jobs, client.purge(jobs), strict=True):
        if isinstance(answer, ClientError) or not answer.done:
            sys.stderr.write(f"{job}: {answer.sentence}\n")
        else:
            done.append(job)
    return done


def _old(asked: Asked, client: Client) -> list[str]:
    ages = {name: asked.text(name) for name in _STATES if asked.has(name)}
    if not ages and not asked.has("other"):
        ages = dict(_DEFAULTS)
    found: list[str] = []
    for name, age in ages.items():
        seconds, states = _seconds(age), [_STATES[name]]
        if asked.has("client-dump") and not asked.has("dry-run"):
            found += _dumped(asked, client, seconds, states)
        else:
            old = client.purge_old(seconds, states=states, dry_run=asked.has("dry-run"))
            found += [one.id for one in old]
    return found


def _dumped(asked: Asked, client: Client, seconds: float, states: list[str]) -> list[str]:
    """Purge what was printed, and nothing else, some hundreds at a time."""
    found: list[str] = []
    while some := [one.id for one in client.purge_old(seconds, states=states, dry_run=True) if one.id not in found]:
        _dump(asked, client, some)
        client.purge(some)
        found += some
    return found


def _dump(asked: Asked, client: Client, jobs: list[str]) -> None:
    if asked.has("client-dump"):
        for job in jobs:
            sys.stdout.write(client.bookkeeping.lines(job))


def _seconds(age: str) -> float:
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", age)
    if found is None:
        raise Usage(f"'{age}' is no age: {_AGE}")
    return float(found[1]) * _UNITS[found[2]]


COMMAND = Command("glite-lb-purge", OPTIONS, "", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
