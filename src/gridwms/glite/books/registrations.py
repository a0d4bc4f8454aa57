"""What a user wants to be told of by L&B: kept here, and read off the service's log from where it was read last.

So nothing is lost between two receptions, wherever the user is then, and nobody has to listen on a port.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gridwms.bookkeeping import jobid
from gridwms.glite.failure import Failure

VALIDITY, LONGEST = 7200, 86400
"""Seconds that a registration lasts when nothing else is asked for, and at most."""


@dataclass(slots=True)
class Registration:
    """`server`: host and port. `jobs`, `states`, `vos`: which events. `changes`: only those that change a state.
    `cursor`: of the last one that was told. `ends`: seconds since the epoch."""

    id: str
    server: str
    ends: float
    jobs: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    vos: list[str] = field(default_factory=list)
    owner: str = ""
    changes: bool = False
    cursor: str = ""


def folder() -> Path:
    """Where they are."""
    return Path(os.environ.get("HOME") or "~").expanduser() / ".glite" / "notifications"


def new_id(server: str) -> str:
    """A notification id of this server."""
    host, _, port = server.rpartition(":")
    draw = jobid.new_job_id(host, int(port), os.getpid(), time.time_ns() // 1000, secrets.randbits(63))
    return str(jobid.NotificationId(draw.host, draw.port, draw.unique))


def save(one: Registration) -> None:
    """Write it down. Raises Failure."""
    path = _path(one.id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(one)), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise Failure("No space for notifications", str(error)) from error


def load(name: str) -> Registration:
    """The one with this id. Raises Failure when there is none, or it has run out."""
    try:
        one = Registration(**json.loads(_path(name).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Failure("No such file or directory", f"there is no notification {name} of yours here") from error
    if one.ends <= time.time():
        raise Failure("Identifier removed", f"the notification {name} has run out")
    return one


def drop(name: str) -> None:
    """Forget it. Raises Failure."""
    load(name)
    _path(name).unlink(missing_ok=True)


@contextmanager
def changed(name: str) -> Iterator[Registration]:
    """One to be changed and written down again. Raises Failure."""
    one = load(name)
    yield one
    save(one)


def _path(name: str) -> Path:
    try:
        return folder() / f"{jobid.parse_notification(name).unique}.json"
    except jobid.BadId as error:
        raise Failure("Invalid argument", str(error)) from error
