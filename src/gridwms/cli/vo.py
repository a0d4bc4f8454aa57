"""`gridwms vo`: what VOs, their groups and roles may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwms.cli import layout, rules, say
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Ban, Policy, Share

app = typer.Typer(help="Say what VOs, their groups and roles may do.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="VO", help="The VO; * stands for any.")]


@app.command("list")
def list_vos(json: Json = False, service: Service = "") -> None:
    """List the VOs whose members have or had jobs, and those that rules or bans name."""
    from gridwms.client import Client

    with Client(service) as client:
        found = _vos(client.shares(), client.policy(), client.bans())
    if json:
        return say.data({"vos": found})
    rows: list[list[layout.Cell]] = [
        [
            (str(one["vo"]), "strong"),
            (str(one["users"] or ""), ""),
            (str(one["rules"] or ""), ""),
            (str(one["banned"] or ""), "bad"),
        ]
        for one in found
    ]
    layout.table(["VO", "USERS", "RULES", "BANNED"], rows, right=[1, 2])
    return None


@app.command()
def show(name: Name, json: Json = False, service: Service = "") -> None:
    """Show the rules about a VO, its groups and roles, and what a member without any of these may do."""
    from gridwms.client import Client

    with Client(service) as client:
        policy = client.policy()
        member = client.try_out("/CN=any member", issuer="/CN=any authority", vo=name, groups=[f"/{name}"])
        banned = [one for one in client.bans() if _is_of(name, one.kind, one.name)]
    found = [rule for rule in policy.rules if _about(rule.who, name)]
    if json:
        return say.data({"vo": name, "rights": member.rights, "rules": found, "bans": banned})
    layout.facts([("VO", name), *(("banned", f"{one.kind} {one.name}: {one.reason}") for one in banned)], indent=0)
    say.line()
    rules.show_rights(member.rights)
    if found:
        say.line()
        rules.show(found)
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
    """Allow the members of a VO, or those with a role or group, something. What a rule denies stays denied."""
    who = rules.narrowed({"vo": [name]}, role, fqan, issuer, group)
    rules.add(service, who, _said(who), allow=right, of_vo=of_vo, note=note, json=json)


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
    """Deny the members of a VO, or those with a role or group, something, whatever other rules allow."""
    who = rules.narrowed({"vo": [name]}, role, fqan, issuer, group)
    rules.add(service, who, _said(who), deny=right, of_vo=of_vo, note=note, json=json)


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
    """Remove the rules that are about exactly this VO, with this role or group if one is named."""
    who = rules.narrowed({"vo": [name]}, role, fqan, issuer, group)
    rules.remove(service, who, _said(who), json=json)


def _said(who: rules.Who) -> str:
    return ", ".join(f"{key} {' or '.join(patterns)}" for key, patterns in who.items())


def _about(who: object, name: str) -> bool:
    if not isinstance(who, dict):
        return False
    return name in who.get("vo", ()) or any(
        one == f"/{name}" or one.startswith(f"/{name}/") for one in who.get("fqan", ())
    )


def _is_of(name: str, kind: str, banned: str) -> bool:
    return (kind == "vo" and banned == name) or (
        kind == "group" and (banned == f"/{name}" or banned.startswith(f"/{name}/"))
    )


def _vos(shares: list[Share], policy: Policy, bans: list[Ban]) -> list[dict[str, Any]]:
    users = [one for one in shares if one.level == "user"]
    named = {pattern for rule in policy.rules for pattern in rule.who.get("vo", ())}
    named |= {fqan.split("/")[1] for rule in policy.rules for fqan in rule.who.get("fqan", ()) if fqan.count("/")}
    banned = {one.name: one.reason or "yes" for one in bans if one.kind == "vo"}
    return [
        {
            "vo": name,
            "users": sum(1 for one in users if one.vo == name),
            "rules": sum(1 for rule in policy.rules if _about(rule.who, name)),
            "banned": banned.get(name),
        }
        for name in sorted({one.vo for one in shares if one.vo} | named | banned.keys())
    ]
