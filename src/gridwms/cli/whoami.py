"""`gridwms whoami`: who I am to the service, and what I may do there."""

from __future__ import annotations

import time

import typer

from gridwms.cli import say
from gridwms.cli.options import Json, Service


def whoami(json: Json = False, service: Service = "") -> None:
    """Show who I am to the service, when what I showed runs out, and what I may do there and why."""
    from gridwms.cli import layout, rules
    from gridwms.client import Client

    with Client(service) as client:
        me = client.me()
        url = client.url
    if json:
        say.data({"me": me, "service": url})
        return
    pairs = [("service", url), ("subject", me.subject)]
    pairs += [("issuer", me.issuer)] if me.issuer else []
    pairs += [("VO", me.vo)] if me.vo else []
    pairs += [("group" if not at else "", group) for at, group in enumerate(me.groups)]
    pairs += [("role", role) for role in me.roles]
    if me.ends is not None:
        pairs.append(("ends", f"{layout.moment(me.ends)} (in {layout.lasting(me.ends - time.time())})"))
    pairs += [("limited", "the proxy says so of itself")] if me.limited else []
    pairs += [("remark", remark) for remark in me.remarks]
    pairs += [("name", me.name)] if me.name != me.subject else []
    pairs += [("good for", " ".join(me.scopes))] if me.scopes is not None else []
    pairs += [("banned", me.banned)] if me.banned else []
    layout.facts(pairs, indent=0)
    say.line()
    rules.show_rights(me.rights)
    raise typer.Exit
