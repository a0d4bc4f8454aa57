"""`gridwms publish`: the service for information systems."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.options import Json, Service


def publish(
    glue1: Annotated[bool, typer.Option("--glue1", help="In GLUE 1.3 alone.")] = False,
    glue2: Annotated[bool, typer.Option("--glue2", help="In GLUE 2.0 alone.")] = False,
    site: Annotated[
        str, typer.Option("--site", metavar="ID", help="The site, or admin domain, that it belongs to.")
    ] = "",
    base1: Annotated[str, typer.Option("--base1", metavar="DN", help="Below which GLUE 1.3 entries stand.")] = "",
    base2: Annotated[str, typer.Option("--base2", metavar="DN", help="Below which GLUE 2.0 entries stand.")] = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Print the service as LDIF for a BDII: WMProxy, L&B and REST, their health, and which VOs may submit.

    A service that does not answer is published as one in a critical state.
    """
    from gridwms.client import Client
    from gridwms.client.errors import ServiceBusy, ServiceUnreachable
    from gridwms.publication import glue1 as first
    from gridwms.publication import glue2 as second
    from gridwms.publication.facts import silent
    from gridwms.publication.ldif import written

    with Client(service) as client:
        try:
            facts = client.publication()
        except (ServiceUnreachable, ServiceBusy) as error:
            facts = silent(client.url, error.sentence)
            say.note(f"warning: {say.clean(error.sentence)}")
    if json:
        return say.data({"publication": facts})
    if glue1 or not glue2:
        say.lines(written(first.entries(facts, site, base1 or first.BASE)))
    if glue2 or not glue1:
        say.lines(written(second.entries(facts, site or "unknown", time.time(), base2 or second.BASE)))
    return None
