"""What the commands on rules share: whom they are about, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import layout, say

if TYPE_CHECKING:
    from gridwms.client.answers import Policy, Rule, Ruling

Rights = Annotated[
    list[str], typer.Argument(metavar="RIGHT", help="Such as submit, cancel-others; use: all of a user.")
]
OfVo = Annotated[
    list[str] | None,
    typer.Option("--of-vo", metavar="VO", help="Jobs of this VO alone, for rights that end in -others."),
]
Note = Annotated[str, typer.Option("--note", "-m", metavar="TEXT", help="Why; those who are refused see it.")]
Role = Annotated[list[str] | None, typer.Option("--role", metavar="ROLE", help="Only with this role (VOMS).")]
Fqan = Annotated[
    list[str] | None, typer.Option("--fqan", metavar="FQAN", help="Only with such an FQAN (VOMS), as /atlas/*.")
]
Issuer = Annotated[str, typer.Option("--issuer", metavar="URL", help="Only with tokens of this issuer.")]
Group = Annotated[
    list[str] | None,
    typer.Option("--group", metavar="GROUP", help="Only with this group in the token; needs --issuer."),
]

Who = dict[str, list[str]]


def user(name: str) -> Who:
    """A user by his DN, or as he is known here."""
    return {"dn" if name.startswith("/") else "user": [name]}


def narrowed(
    who: Who, role: Sequence[str] | None, fqan: Sequence[str] | None, issuer: str, group: Sequence[str] | None
) -> Who:
    """The same with what else must fit."""
    more = {
        "role": list(role or ()),
        "fqan": list(fqan or ()),
        "issuer": [issuer] if issuer else [],
        "group": list(group or ()),
    }
    return who | {key: patterns for key, patterns in more.items() if patterns}


def show(rules: Sequence[Rule]) -> None:
    """A table of rules."""
    rows: list[list[layout.Cell]] = [
        [
            (one.shown, "strong"),
            (short(one.allow), "good"),
            (short(one.deny), "bad"),
            (", ".join(one.of_vo), ""),
            (one.where, "soft"),
            (one.note, ""),
        ]
        for one in rules
    ]
    layout.table(["WHO", "ALLOWED", "DENIED", "JOBS OF", "WHERE", "WHY"], rows)


def short(rights: Sequence[str]) -> str:
    """Rights with the words for many of them."""
    from gridwms.rights.names import ALL, ALL_WORD, USE, USE_WORD

    found = set(rights)
    if found >= ALL:
        return ALL_WORD
    words = [USE_WORD] if found >= USE else []
    return ", ".join([*words, *(right for right in rights if not (words and right in USE))])


def add(
    service: str,
    who: Who,
    said: str,
    *,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    of_vo: Sequence[str] | None = None,
    note: str = "",
    json: bool = False,
) -> None:
    """Add a rule about these, whom the user calls `said`, and tell."""
    from gridwms.client import Client

    with Client(service) as client:
        made = client.add_rule(who, allow=allow, deny=deny, of_vo=of_vo or (), note=note)
    changed(made, f"{said} is {'allowed' if allow else 'denied'}: {', '.join(allow or deny)}", json)


def remove(service: str, who: Who, said: str, *, json: bool = False) -> None:
    """Remove the rules about exactly these, and tell."""
    from gridwms.client import Client

    with Client(service) as client:
        left = client.remove_rules(who)
    changed(left, f"no rule is about {said} alone any more", json)


def changed(policy: Policy, sentence: str, json: bool) -> None:
    """Say that the policy was changed."""
    if json:
        say.data({"policy": policy})
        return
    say.line(say.clean(sentence))
    say.note(f"(in {say.clean(policy.file)})")
    if policy.trouble:
        say.note(f"warning: {say.clean(policy.trouble)}")


def show_rights(rights: Sequence[Ruling], *, indent: int = 0) -> None:
    """A table of what somebody may do."""
    rows: list[list[layout.Cell]] = [
        [("yes", "good") if one.yes else ("no", "soft"), (one.right, "strong"), (one.why, "")] for one in rights
    ]
    layout.table(["MAY", "RIGHT", "WHY"], rows, indent=indent)
