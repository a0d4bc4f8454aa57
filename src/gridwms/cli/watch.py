"""`gridwms watch`: events as they happen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import filters, say
from gridwms.cli.options import IdFile, Jobs, Service, ids
from gridwms.cli.wait import tell_lost

if TYPE_CHECKING:
    from gridwms.client.answers import Event


def watch(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    state: filters.States = "",
    type: filters.Types = "",  # noqa: A002 (the name of the option)
    tag: filters.Tags = None,
    vo: filters.Vos = "",
    parent: filters.Parents = None,
    owner: filters.Owner = "",
    after: Annotated[
        str, typer.Option("--after", metavar="CURSOR", help="Go on behind this event; 0: from the beginning.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON.")] = False,
    service: Service = "",
) -> None:
    """Print what happens to jobs (of all of mine, or of these), as it happens, until Ctrl-C.

    Filters of one kind: any of them; of several kinds: all must hold. A service that is restarted is waited for, and
    nothing is missed.
    """
    from gridwms.client import Client

    wanted = filters.read(ids(jobs, input, needed=False), state, type, tag, vo, parent, owner)
    with Client(service) as client:
        for event in client.events(wanted, after=after, lost=tell_lost):
            if json:
                say.json_line(event)
            else:
                _show(event)
            sys.stdout.flush()


def _show(event: Event) -> None:
    from gridwms.cli import layout

    state = f"{event.state} ({event.done_code})" if event.state == "DONE" else event.state or ""
    line = f"{layout.clock(event.time)}  {event.key}  {event.type.ljust(15)} {state.ljust(13)} {say.clean(event.text)}"
    say.line(line.rstrip())
