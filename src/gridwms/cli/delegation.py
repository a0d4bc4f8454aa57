"""`gridwms delegation`: proxies with which the service may act for me."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import filters, say
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Delegation

app = typer.Typer(help="Let the service act with a proxy of yours.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As 'gridwms delegation list' shows it.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Empty: the one of your subject and groups.")] = "",
    hours: Annotated[float, typer.Option("--hours", min=0.1, help="How long; never longer than your own proxy.")] = 12,
    proxy: Annotated[Path | None, typer.Option("--proxy", help="Its file; else X509_USER_PROXY.")] = None,
    myproxy: Annotated[
        str | None,
        typer.Option(
            "--myproxy", metavar="HOST[:PORT]", help="Renew it from there, where you have stored one; '' not."
        ),
    ] = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Delegate: the service makes a key that stays there, and your proxy signs for it. NAME may be used again."""
    from gridwms.client import Client

    with Client(service) as client:
        made = client.delegate(name, proxy=proxy, seconds=hours * 3600, myproxy=myproxy)
    if json:
        say.data({"delegation": made})
        return
    say.line(made.name)
    say.note(f"It lasts {_left(made.ends)}.")


@app.command()
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Empty: the one of your subject and groups.")] = "",
    issuer: Annotated[
        str, typer.Option("--issuer", envvar="GRIDWMS_ISSUER", metavar="URL", help="Who gives it, in a browser.")
    ] = "",
    program: Annotated[
        str, typer.Option("--client", envvar="GRIDWMS_CLIENT", metavar="ID", help="As which program; public.")
    ] = "gridwms",
    scope: Annotated[
        str, typer.Option("--scope", metavar="WORDS", help="What to ask for.")
    ] = "openid offline_access wlcg.groups",
    audience: Annotated[str, typer.Option("--audience", metavar="NAME", help="For whom.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="An access token that you have; it is not refreshed.")
    ] = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Delegate a token to your jobs: got at an issuer and refreshed by the service, or out of a file."""
    from gridwms.cli.login import show_code
    from gridwms.client import Client
    from gridwms.client.delegating import token_in
    from gridwms.client.find import named_service
    from gridwms.client.login import login

    if (file is None) == (not issuer):
        raise typer.BadParameter("name an issuer or a file", param_hint="--issuer, --file")
    if file is not None:
        access, refresh = token_in(file), ""
    else:
        made = login(named_service(service), issuer, program, scope=scope, audience=audience, show=show_code)
        access, refresh = made.access_token, made.refresh_token
    with Client(service) as client:
        kept = client.delegate_token(name, access, refresh=refresh, program=program)
    if json:
        say.data({"delegation": kept})
        return
    say.line(kept.name)
    say.note(f"It lasts {_left(kept.ends)}" + (", and is refreshed." if kept.source else "."))


@app.command("list")
def list_all(owner: filters.Owner = "", json: Json = False, service: Service = "") -> None:
    """Show what I delegated, and how long it lasts."""
    from gridwms.cli import layout
    from gridwms.client import Client

    with Client(service) as client:
        found = client.delegations(owner=owner)
    if json:
        say.data({"delegations": found})
        return
    rows = [
        [
            (one.name, ""),
            (one.kind, ""),
            (one.owner, ""),
            (_groups(one), ""),
            (_left(one.ends), ""),
            (_renewal(one), ""),
        ]
        for one in found
    ]
    layout.table(["NAME", "KIND", "OWNER", "GROUP", "LEFT", "RENEWED FROM"], rows)


@app.command()
def show(name: Name, json: Json = False, service: Service = "") -> None:
    """Show one: until when it lasts, from where it is renewed, and what became of the last try."""
    from gridwms.cli import layout
    from gridwms.client import Client

    with Client(service) as client:
        found = client.delegation(name)
    if json:
        say.data({"delegations": found})
        return
    for one in found:
        say.line(f"{one.name}: a {one.kind} of {one.owner}")
        facts = [
            ("group", ", ".join(one.fqans)),
            ("lasts until", _moment(one.ends)),
            ("attributes until", _moment(one.attributes_end)),
            ("renewed from", one.source or "nowhere"),
            ("renewed", _moment(one.renewed_at)),
            (
                "last try",
                f"{_moment(one.tried_at)}: {one.trouble or 'it went well'}" if one.tried_at else "",
            ),
            ("next try", _moment(one.renew_at)),
        ]
        layout.facts([(label, text) for label, text in facts if text])


@app.command()
def remove(name: Name, json: Json = False, service: Service = "") -> None:
    """Let the service forget one, key and all. Jobs that use it lose it."""
    from gridwms.client import Client

    with Client(service) as client:
        client.remove_delegation(name)
    if json:
        say.data({"removed": name})


def _groups(one: Delegation) -> str:
    return one.fqans[0] if one.fqans else "-"


def _renewal(one: Delegation) -> str:
    if not one.source:
        return "-"
    return f"{one.source} (failing: {one.tries} tries)" if one.tries else one.source


def _moment(at: float | None) -> str:
    from gridwms.cli import layout

    if at is None:
        return ""
    left = at - time.time()
    return f"{layout.moment(at)} ({'in ' + layout.lasting(left) if left > 0 else layout.ago(at)})"


def _left(ends: float | None) -> str:
    from gridwms.cli import layout

    if ends is None:
        return "not completed"
    left = ends - time.time()
    return layout.lasting(left) if left > 0 else "run out"
