"""The options that say which events are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gridwms.client.filters import Filter

States = Annotated[
    str,
    typer.Option("--state", metavar="STATES", help="What brings a job into one of these; ENDED: any end."),
]
Types = Annotated[str, typer.Option("--type", metavar="TYPES", help="Types of events, separated by commas.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="Jobs with this user tag.")]
Vos = Annotated[str, typer.Option("--vo", metavar="VOS", help="Jobs of these VOs.")]
Parents = Annotated[list[str] | None, typer.Option("--parent", metavar="JOB", help="The nodes of this compound job.")]
Owner = Annotated[str, typer.Option("--owner", help="Whose jobs; '*': everybody's (operators).")]


def read(
    jobs: list[str], states: str, types: str, tags: list[str] | None, vos: str, parents: list[str] | None, owner: str
) -> Filter:
    """The filter that the options say."""
    from gridwms.client.filters import Filter

    for tag in tags or ():
        if "=" not in tag.lstrip("="):
            raise typer.BadParameter(f"'{tag}' is not NAME=VALUE", param_hint="--tag")
    return Filter(
        jobs=jobs,
        parents=parents or (),
        vos=split(vos),
        states=split(states),
        types=split(types),
        tags=dict(tag.split("=", 1) for tag in tags or ()),
        owner=owner,
    )


def split(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
