"""`gridwms check`: is a description right, and could it run?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.options import Descriptions, Format, Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Checked
    from gridwms.client.submission import Description


def check(
    files: Descriptions,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no service: neither its limits and policies nor its resources.")
    ] = False,
    form: Format = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Check descriptions without submitting them: all errors and warnings of all files, and whether they could run now.

    Exits with 3 when a submit would refuse one of them, whatever could run.
    """
    from gridwms.cli.descriptions import source
    from gridwms.cli.trouble import as_data, report
    from gridwms.client.errors import LocalFile

    answers: list[dict[str, Any]] = []
    codes: list[Exit] = []
    with _checker(service, offline=offline) as checked:
        for file in files:
            try:
                description = source(file, form or "")
            except LocalFile as error:
                answers.append({"name": file, "ok": False, "problems": [], "feasible": None, "error": as_data(error)})
                codes.append(report(error, file) if not json else Exit.FAILED)
                continue
            found = checked(description)
            answer = {"ok": found.ok, "problems": found.problems, "feasible": found.feasible, "error": None}
            answers.append({"name": description.name, **answer})
            codes.append(Exit.OK if found.ok else Exit.REFUSED)
            if not json:
                _tell(description, found)
    if json:
        say.data({"descriptions": answers})
    raise typer.Exit(together(codes))


@contextmanager
def _checker(service: str, *, offline: bool) -> Iterator[Callable[[Description], Checked]]:
    if offline:
        from gridwms.client import offline as here

        yield here.check
        return
    from gridwms.client import Client

    with Client(service) as client:
        yield client.check


def _tell(description: Description, found: Checked) -> None:
    from gridwms.cli.layout import counted
    from gridwms.cli.problems import show

    show(description.name, description.source, found.problems, description.files)
    errors = sum(problem.is_error for problem in found.problems)
    warnings = len(found.problems) - errors
    verdict = say.paint(counted(errors, "error"), "bad") if errors else say.paint("ok", "good")
    more = f", {counted(warnings, 'warning')}" if warnings else ""
    say.line(f"{say.clean(description.name)}: {verdict}{more}")
    feasible = found.feasible
    if feasible is None:
        return
    say.line(f"  {say.paint(say.clean(feasible.sentence), '' if feasible.reason is None else 'warn')}")
    for condition in feasible.never:
        say.line(f"  - none of {counted(feasible.considered, 'resource')} meets {say.clean(condition)}")
