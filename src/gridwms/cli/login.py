"""`gridwms login` and `gridwms logout`: a token of an issuer for a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import layout, say
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.login import Code


def login(
    issuer: Annotated[str, typer.Option("--issuer", envvar="GRIDWMS_ISSUER", metavar="URL", help="Who gives tokens.")],
    client: Annotated[
        str, typer.Option("--client", envvar="GRIDWMS_CLIENT", metavar="ID", help="As which program; public.")
    ] = "gridwms",
    scope: Annotated[
        str, typer.Option("--scope", metavar="WORDS", help="What to ask for.")
    ] = "openid offline_access wlcg.groups",
    audience: Annotated[
        str, typer.Option("--audience", metavar="NAME", help="For whom; without it the issuer decides.")
    ] = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Log in at an issuer in a browser; the token is kept for the service and renewed by itself."""
    from gridwms.client.find import data_directory, named_service
    from gridwms.client.login import keep
    from gridwms.client.login import login as begin

    url = named_service(service)
    made = begin(url, issuer, client, scope=scope, audience=audience, show=show_code)
    path = keep(made, data_directory())
    if json:
        say.data({"login": {"service": url, "issuer": issuer, "expires": made.expires, "file": str(path)}})
    else:
        say.line(f"logged in for {url} until {layout.moment(made.expires)}")


def show_code(code: Code) -> None:
    """Tell where to confirm a code."""
    say.note(f"Open {code.whole or code.address} and confirm the code {code.code}.")


def logout(json: Json = False, service: Service = "") -> None:
    """Forget the token that is kept for a service."""
    from gridwms.client.find import data_directory, named_service
    from gridwms.client.login import forget

    url = named_service(service)
    there = forget(url, data_directory())
    if json:
        say.data({"logout": {"service": url, "done": there}})
    else:
        say.line(f"the login for {url} is forgotten" if there else f"there was no login for {url}")
