"""`gridwms acl`: let others look at a job."""

from __future__ import annotations

from typing import Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

_HELP = "A subject (/C=…/CN=…, or a user's name here), an FQAN (/vo/group/Role=…), or vo:group."


def acl(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Its id or key.")],
    change: Annotated[str, typer.Argument(metavar="[add|remove]", help="Without: show the list.")] = "",
    who: Annotated[str, typer.Argument(metavar="WHO", help=_HELP)] = "",
    permission: Annotated[str, typer.Argument(metavar="PERMISSION", help="read, status or tag.")] = "read",
    deny: Annotated[bool, typer.Option("--deny", help="The entry forbids instead of allowing.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show or change who may read a job, see its status, or tag it, beside its owner and the operators.

    What forbids outweighs what allows. What a collection, parametric job or DAG allows, its nodes allow too.
    """
    from gridwms.cli.said import tell
    from gridwms.client import Client

    if change not in ("", "add", "remove"):
        raise typer.BadParameter("'add' or 'remove', or nothing to see the list", param_hint="add|remove")
    if change and not who:
        raise typer.BadParameter(f"say whom to {change}", param_hint="WHO")
    with Client(service) as client:
        if change:
            remove = change == "remove"
            answers = client.bookkeeping.share([job], who, permission, allow=not deny, remove=remove)
            raise typer.Exit(tell([job], answers, "removed" if remove else "added", json))
        found = client.bookkeeping.access(job)
    if json:
        say.data(found)
        raise typer.Exit(Exit.OK)
    _show(found)


def _show(found: dict[str, object]) -> None:
    from gridwms.cli import layout

    entries = found["entries"] if isinstance(found["entries"], list) else []
    rows = [[("owner", "soft"), (str(found["owner"]), ""), ("everything", "")]]
    rows += [
        [("may" if one["allow"] else "may not", "soft"), (one["who"], ""), (one["permission"], "")] for one in entries
    ]
    layout.table(["", "WHO", "WHAT"], rows)
