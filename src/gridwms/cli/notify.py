"""`gridwms notify`: be told by webhook or mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import filters, say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Subscription

app = typer.Typer(help="Be told of events by webhook or mail.", no_args_is_help=True)
Key = Annotated[str, typer.Argument(metavar="KEY", help="As 'gridwms notify list' shows it.")]
Days = Annotated[float, typer.Option("--days", min=0, help="How long it lasts from now; 0: as long as usual.")]


@app.command()
def add(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="An https URL, or a mail address.")],
    jobs: Annotated[list[str] | None, typer.Argument(metavar="JOB", help="Only these jobs.")] = None,
    state: filters.States = "",
    type: filters.Types = "",  # noqa: A002 (the name of the option)
    tag: filters.Tags = None,
    vo: filters.Vos = "",
    parent: filters.Parents = None,
    owner: filters.Owner = "",
    days: Days = 0,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0, help="Time between two deliveries at least.")
    ] = 0,
    after: Annotated[str, typer.Option("--after", metavar="CURSOR", help="Also what came behind this event.")] = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Subscribe: events are sent to TARGET, each at least once, in order.

    For a webhook the secret that signs what it gets is printed, now and never again.
    """
    from gridwms.client import Client

    wanted = filters.read(jobs or [], state, type, tag, vo, parent, owner)
    with Client(service) as client:
        made = client.subscribe(target, wanted, days=days, every=every, after=after)
    if json:
        say.data({"subscription": made})
        return
    say.line(made.key)
    if made.secret:
        say.note(f"The secret of its signatures, which is not shown again: {made.secret}")


@app.command("list")
def list_all(owner: filters.Owner = "", json: Json = False, service: Service = "") -> None:
    """Show subscriptions and how they are."""
    from gridwms.cli import layout
    from gridwms.client import Client

    with Client(service) as client:
        found = client.subscriptions(owner=owner)
    if json:
        say.data({"subscriptions": found})
        return
    if not found:
        say.note("No subscriptions. 'gridwms notify add' makes one.")
        return
    rows = [
        [
            (one.key, ""),
            (one.health, _style(one)),
            (layout.moment(one.expires_at), ""),
            (one.target, ""),
            (_filter(one), ""),
        ]
        for one in found
    ]
    layout.table(["SUBSCRIPTION", "HEALTH", "UNTIL", "TARGET", "FILTER"], rows)


@app.command()
def show(key: Key, json: Json = False, service: Service = "") -> None:
    """Show one subscription: what it tells, how far it has come, what its target said."""
    from gridwms.client import Client

    with Client(service) as client:
        _tell(client.subscription(key), json)


@app.command()
def remove(key: Key, json: Json = False, service: Service = "") -> None:
    """End a subscription."""
    from gridwms.client import Client

    with Client(service) as client:
        client.unsubscribe(key)
    if json:
        say.data({"subscription": None})


@app.command()
def extend(key: Key, days: Days = 0, json: Json = False, service: Service = "") -> None:
    """Let a subscription last longer. One that has expired goes on where it stopped."""
    from gridwms.client import Client

    with Client(service) as client:
        _tell(client.extend_subscription(key, days=days), json)


@app.command()
def resume(
    key: Key,
    skip: Annotated[bool, typer.Option("--skip", help="Do not tell what has happened so far.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Try a failing or paused subscription again at once."""
    from gridwms.client import Client

    with Client(service) as client:
        _tell(client.resume_subscription(key, skip=skip), json)


@app.command()
def test(key: Key, json: Json = False, service: Service = "") -> None:
    """Send a delivery without events, and say whether the target took it."""
    from gridwms.client import Client

    with Client(service) as client:
        error = client.test_subscription(key)
    if json:
        say.data({"delivered": not error, "error": error})
    else:
        say.line(say.clean(error) if error else "delivered")
    raise typer.Exit(Exit.FAILED if error else Exit.OK)


def _tell(one: Subscription, json: bool) -> None:
    from gridwms.cli import layout

    if json:
        say.data({"subscription": one})
        return
    say.line(say.paint(one.key, "strong"))
    layout.facts(
        [
            ("health", one.health),
            ("target", one.target),
            ("filter", _filter(one)),
            ("until", layout.moment(one.expires_at)),
            ("every", layout.lasting(one.every) if one.every else ""),
            ("delivered", layout.ago(one.delivered_at) if one.delivered_at else ""),
            ("failures", str(one.failures) if one.failures else ""),
            ("failing since", layout.moment(one.failing_since) if one.failing_since else ""),
            ("last error", one.error),
            ("next try", layout.moment(one.next_at) if one.next_at and one.health == "failing" else ""),
            ("owner", one.owner),
        ],
        style=[("health", _style(one))],
    )
    if one.health == "paused":
        say.line(f"  It is not tried any more: 'gridwms notify resume {one.key}' when the target works again.")


def _style(one: Subscription) -> str:
    return {"active": "good", "failing": "warn", "paused": "bad"}.get(one.health, "soft")


def _filter(one: Subscription) -> str:
    return " ".join(f"{name}={','.join(values)}" for name, values in one.filter.items()) or "all"
