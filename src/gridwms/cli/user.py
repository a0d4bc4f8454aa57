"""`gridwms user`: what users may do, and who is who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwms.cli import layout, rules, say
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Ban, MapRow, Policy, Share

app = typer.Typer(help="Say what users may do, and who certificates and tokens are here.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="USER", help="As 'gridwms whoami' shows it, or a DN; * stands for any.")]
Person = Annotated[str, typer.Argument(metavar="NAME", help="A DN, or the subject of a token; may have * and ?.")]
ToUser = Annotated[str, typer.Option("--user", metavar="USER", help="Who they are here; {name} is the name they have.")]


@app.command("list")
def list_users(json: Json = False, service: Service = "") -> None:
    """List the users who have or had jobs, and those whom rules, bans or the table of identities name."""
    from gridwms.client import Client

    with Client(service) as client:
        found = _users(client.shares(), client.policy(), client.bans())
    if json:
        return say.data({"users": found})
    rows: list[list[layout.Cell]] = [
        [
            (str(one["user"]), "strong"),
            (", ".join(one["vos"]), ""),
            (str(one["rules"] or ""), ""),
            ("; ".join(one["known_by"]), ""),
            (one["banned"] or "", "bad"),
        ]
        for one in found
    ]
    layout.table(["USER", "VO", "RULES", "KNOWN BY", "BANNED"], rows, right=[2])
    return None


@app.command()
def show(
    name: Name,
    vo: Annotated[str, typer.Option("--vo", metavar="VO", help="As if they came with this VO.")] = "",
    fqan: Annotated[
        list[str] | None, typer.Option("--fqan", metavar="FQAN", help="And with this FQAN, or group.")
    ] = None,
    issuer: Annotated[str, typer.Option("--issuer", metavar="ISSUER", help="And with a token of this issuer.")] = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Show who somebody would be here and what he might do, right by right, and why."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.try_out(name, issuer=issuer or ("/" if name.startswith("/") else ""), vo=vo, groups=fqan or ())
    if json:
        return say.data({"user": found})
    layout.facts(
        [("user", found.subject), ("VO", found.vo), ("refused", found.refused), ("banned", found.banned)], indent=0
    )
    say.line()
    rules.show_rights(found.rights)
    if found.rules:
        say.line()
        rules.show(found.rules)
    return None


@app.command()
def allow(
    name: Name,
    right: rules.Rights,
    of_vo: rules.OfVo = None,
    role: rules.Role = None,
    fqan: rules.Fqan = None,
    issuer: rules.Issuer = "",
    group: rules.Group = None,
    note: rules.Note = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Allow a user something. What a rule denies stays denied."""
    who = rules.narrowed(rules.user(name), role, fqan, issuer, group)
    rules.add(service, who, name, allow=right, of_vo=of_vo, note=note, json=json)


@app.command()
def deny(
    name: Name,
    right: rules.Rights,
    of_vo: rules.OfVo = None,
    role: rules.Role = None,
    fqan: rules.Fqan = None,
    issuer: rules.Issuer = "",
    group: rules.Group = None,
    note: rules.Note = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Deny a user something, whatever other rules allow; '*': everything."""
    who = rules.narrowed(rules.user(name), role, fqan, issuer, group)
    rules.add(service, who, name, deny=right, of_vo=of_vo, note=note, json=json)


@app.command()
def forget(
    name: Name,
    role: rules.Role = None,
    fqan: rules.Fqan = None,
    issuer: rules.Issuer = "",
    group: rules.Group = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Remove the rules that are about exactly this user."""
    who = rules.narrowed(rules.user(name), role, fqan, issuer, group)
    rules.remove(service, who, name, json=json)


@app.command("map")
def map_user(
    name: Person = "*",
    user: ToUser = "",
    vo: Annotated[str, typer.Option("--vo", metavar="VO", help="The VO that they are of here.")] = "",
    issuer: Annotated[str, typer.Option("--issuer", metavar="ISSUER", help="Of the token or certificate.")] = "*",
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help="One of their groups or FQANs.")] = "*",
    refuse: Annotated[bool, typer.Option("--refuse", help="They are nobody here.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Say who a certificate or a token is here. The first row that fits counts."""
    from gridwms.client import Client
    from gridwms.client.answers import MapRow

    row = MapRow(issuer=issuer, name=name, group=group, user=user, vo=vo, refuse=refuse)
    with Client(service) as client:
        made = client.map_user(row)
    rules.changed(made, f"{_from(row)} is {_to(row)}", json)


@app.command()
def unmap(
    name: Person = "*",
    user: ToUser = "",
    issuer: Annotated[str, typer.Option("--issuer", metavar="ISSUER", help="As it was given to 'map'.")] = "*",
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help="As it was given to 'map'.")] = "*",
    json: Json = False,
    service: Service = "",
) -> None:
    """Take back what 'map' said."""
    from gridwms.client import Client
    from gridwms.client.answers import MapRow

    row = MapRow(issuer=issuer, name=name, group=group, user=user)
    with Client(service) as client:
        left = client.unmap_user(row)
    rules.changed(left, f"{_from(row)} is as it comes", json)


@app.command("mapped")
def mapped(json: Json = False, service: Service = "") -> None:
    """List who is who, in the order in which rows are looked at."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.policy().map
    if json:
        return say.data({"map": found})
    rows: list[list[layout.Cell]] = [
        [(one.name, "strong"), (one.issuer, ""), (one.group, ""), (_to(one), ""), (one.vo, "")] for one in found
    ]
    layout.table(["NAME", "ISSUER", "GROUP", "IS", "VO"], rows)
    return None


def _from(row: MapRow) -> str:
    parts = [row.name if row.name != "*" else "", f"of {row.issuer}" if row.issuer != "*" else ""]
    parts.append(f"with {row.group}" if row.group != "*" else "")
    return " ".join(part for part in parts if part) or "everybody"


def _to(row: MapRow) -> str:
    return "nobody" if row.refuse else row.user or "as they come"


def _users(shares: list[Share], policy: Policy, bans: list[Ban]) -> list[dict[str, Any]]:
    names = {one.user for one in shares if one.level == "user"}
    about = [(pattern, rule) for rule in policy.rules for key in ("user", "dn") for pattern in rule.who.get(key, ())]
    names |= {pattern for pattern, _rule in about} | {row.user for row in policy.map if row.user}
    banned = {one.name: one.reason or "yes" for one in bans if one.kind == "user"}
    return [
        {
            "user": name,
            "vos": sorted({one.vo for one in shares if one.level == "user" and one.user == name}),
            "rules": sum(1 for pattern, _rule in about if pattern == name),
            "known_by": [_from(row) for row in policy.map if row.user == name],
            "banned": banned.get(name),
        }
        for name in sorted(names | banned.keys())
    ]
