"""`glite-lb-notify`: be told of events of one's own jobs (gLite reference §6.12)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from gridwms.glite.books import registrations, shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

_NEW = (
    shared.SERVER,
    Option("j", "jobid", "jobid", "events of this job"),
    Option("o", "owner", "subject", "of jobs of this user"),
    Option("O", "own", "", "of one's own jobs, as without it"),
    Option("v", "vo", "name", "of jobs of this VO"),
    Option("S", "state", "states", "that bring a job into one of these, with commas between them"),
    Option("c", "state-change", "", "that change the state"),
    Option("T", "terminal", "", "that end a job"),
    Option("B", "bootstrap", "", "also those that were before"),
    Option("t", "validity", "seconds", "how long it lasts; else 7200, at most 86400"),
)
_RECEIVE = (
    Option("i", "timeout", "seconds", "stop after so long without an event"),
    Option("r", "refresh", "", "let the notification last on while it is received"),
    Option("f", "fields", "names", "what is printed after id and state; else owner"),
)
OPTIONS = (shared.HELP, *_NEW, *_RECEIVE)
_TERMINAL = ("ABORTED", "CANCELLED", "CLEARED", "DONE")


def main(asked: Asked) -> int:
    """What the first word says."""
    verbs: Mapping[str, Callable[[Asked], None]] = {
        "new": _new,
        "bind": _bind,
        "change": _change,
        "refresh": _refresh,
        "receive": _receive,
        "drop": _drop,
        "help": _help,
    }
    if not asked.operands or asked.operands[0] not in verbs:
        raise Usage("say what to do: " + ", ".join(verbs))
    verb = asked.operands.pop(0)
    verbs[verb](asked)
    return 0


def _help(_asked: Asked) -> None:
    sys.stdout.write(shared.usage(COMMAND))


def _made(asked: Asked, name: str = "") -> registrations.Registration:
    server = shared.server_named(asked)
    states = [one.strip().upper() for one in asked.text("state").split(",") if one.strip()]
    return registrations.Registration(
        id=name or registrations.new_id(server),
        server=server,
        ends=time.time() + _validity(asked),
        jobs=[asked.text("jobid")] if asked.has("jobid") else [],
        states=states or (list(_TERMINAL) if asked.has("terminal") else []),
        vos=[asked.text("vo")] if asked.has("vo") else [],
        owner=asked.text("owner"),
        changes=asked.has("state-change"),
        cursor="0" if asked.has("bootstrap") else "",
    )


def _new(asked: Asked) -> None:
    one = _made(asked)
    if not one.cursor:
        one.cursor = _now(one.server)
    registrations.save(one)
    sys.stdout.write(f"notification ID: {one.id}\n")
    _tell_validity(one)


def _now(server: str) -> str:
    """The cursor of the newest event, so that what comes from now on is told."""
    from gridwms.client.errors import ClientError
    from gridwms.glite.books.stream import newest
    from gridwms.glite.lb import error_of

    lb = shared.books(shared.me(), server)
    try:
        return newest(lb.transport(server))
    except ClientError as error:
        raise error_of(error) from error
    finally:
        lb.close()


def _bind(asked: Asked) -> None:
    """Nothing has to be bound to an address: it only lasts longer."""
    _refresh(asked)


def _change(asked: Asked) -> None:
    if len(asked.operands) != 2:
        raise Usage("change takes a notification id and a job id")
    with registrations.changed(asked.operands[0]) as one:
        one.jobs = [asked.operands[1]]


def _refresh(asked: Asked) -> None:
    with registrations.changed(_the_one(asked)) as one:
        one.ends = time.time() + _validity(asked)
    _tell_validity(one)


def _drop(asked: Asked) -> None:
    registrations.drop(_the_one(asked))


def _the_one(asked: Asked) -> str:
    if len(asked.operands) != 1:
        raise Usage("name one notification")
    return asked.operands[0]


def _receive(asked: Asked) -> None:
    """Print a line for each event, TAB between its parts, and remember which was the last."""
    if asked.operands:
        one = registrations.load(_the_one(asked))
    else:
        one = _made(asked)
        one.cursor = one.cursor or _now(one.server)
    _tell_validity(one)
    _follow(asked, one, keep=bool(asked.operands))


def _follow(asked: Asked, one: registrations.Registration, *, keep: bool) -> None:
    from gridwms.client.errors import ClientError
    from gridwms.client.filters import Filter
    from gridwms.glite.books.stream import follow
    from gridwms.glite.lb import error_of

    wanted = Filter(jobs=one.jobs, states=one.states, vos=one.vos, owner=one.owner)
    idle = float(asked.text("timeout") or 0) or None
    fields = [name for name in (asked.text("fields") or "owner").split(",") if name]
    lb = shared.books(shared.me(), one.server)
    try:
        for event in follow(lb.transport(one.server), wanted, one.cursor, lambda: one.ends, idle):
            if event.state is not None or not one.changes:
                job = event.key
                sys.stdout.write(_line(lb.ask(one.server, lambda at, job=job: at.status(job)), fields))  # type: ignore[misc]
                sys.stdout.flush()
            one.cursor = event.cursor
            if asked.has("refresh"):
                one.ends = time.time() + registrations.VALIDITY
            if keep:
                registrations.save(one)
    except ClientError as error:
        raise error_of(error) from error
    finally:
        lb.close()


def _line(data: Mapping[str, Any], fields: list[str]) -> str:
    parts = [str(data["jobId"]), str(data["state"])]
    parts += [str("" if (value := data.get(name)) is None else value) for name in fields]
    return "\t".join(part.replace("\t", " ").replace("\n", " ") for part in parts) + "\n"


def _validity(asked: Asked) -> int:
    text = asked.text("validity") or str(registrations.VALIDITY)
    if not text.isdigit() or not int(text):
        raise Usage(f"'{text}' is no number of seconds")
    return min(int(text), registrations.LONGEST)


def _tell_validity(one: registrations.Registration) -> None:
    sys.stderr.write(f"notification is valid until: '{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(one.ends))}'\n")


COMMAND = Command("glite-lb-notify", OPTIONS, "new|bind|change|refresh|receive|drop|help [id]", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
