"""`gridwms top`: how VOs, groups and users stand, as a table that keeps itself up to date."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import layout, say
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Share

_NUMBERS = ("SHARE", "HAD", "PRIORITY", "SLOTS", "SLOT HOURS", "RUNNING", "QUEUED", "WAITING")
_HEAD = ("VO / GROUP / USER", *_NUMBERS, "LIMITS")
_CLEAR = "\x1b[H\x1b[2J"


def top(
    once: Annotated[bool, typer.Option("--once", help="Show it once, also on a terminal.")] = False,
    seconds: Annotated[float, typer.Option("--every", min=0.5, help="Seconds between two looks.")] = 3.0,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show what VOs, groups and users are entitled to, have had lately, hold and wait for.

    Whoever stands first among its siblings gets the next place. On a terminal until Ctrl-C, else once.
    """
    from gridwms.client import Client

    with Client(service) as client:
        while True:
            service_now, found = client.service(), client.shares()
            if json:
                say.data({"service": service_now, "shares": found})
            else:
                live = say.watched(sys.stdout) and not once
                sys.stdout.write(_CLEAR if live else "")
                for trouble in service_now.troubles:
                    say.line(say.paint(say.clean(trouble), "warn"))
                layout.table(_HEAD, _rows(found), right=range(1, len(_NUMBERS) + 1))
                sys.stdout.flush()
                if live:
                    time.sleep(seconds)
                    continue
            return


def _rows(found: Sequence[Share]) -> list[list[layout.Cell]]:
    groups: dict[str, set[str]] = {}
    for one in found:
        if one.level == "group":
            groups.setdefault(one.vo, set()).add(one.group)
    return [_row(one) for one in found if one.level != "group" or groups[one.vo] != {""}]


def _row(one: Share) -> list[layout.Cell]:
    names = {"vo": one.vo or "(no VO)", "group": one.group or "(no group)", "user": one.user}
    indent = {"vo": "", "group": "  ", "user": "    "}[one.level]
    style = "" if one.priority is None or one.priority >= 1 else "warn"
    limits = _limit(one.running + one.queued, one.max_running, "at once")
    limits += _limit(one.queued, one.max_queued, "queued")
    return [
        (f"{indent}{names[one.level]}", "strong" if one.level == "vo" else ""),
        (f"{one.share:.1%}", ""),
        (f"{one.had:.1%}", ""),
        ("first" if one.priority is None else f"{one.priority:.2f}", style),
        (f"{one.slots:.1f}", ""),
        (f"{one.hours:.1f}", ""),
        (str(one.running), ""),
        (str(one.queued), ""),
        (str(one.waiting), ""),
        ("; ".join([*limits, *one.limits]), ""),
    ]


def _limit(held: int, most: int | None, what: str) -> list[str]:
    return [] if most is None else [f"{held} of {most} {what}"]
