"""`gridwms check`: is a description right?"""

from __future__ import annotations

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Descriptions, Json, Service


def check(files: Descriptions, json: Json = False, service: Service = "") -> None:
    """Check descriptions without submitting them: all errors and warnings at once."""
    from gridwms.cli.descriptions import source
    from gridwms.cli.layout import counted
    from gridwms.cli.problems import show
    from gridwms.client import Client

    answers = []
    with Client(service) as client:
        for name, text in ((each.name, each.text) for each in map(source, files)):
            problems = client.check(text)
            errors = sum(problem.is_error for problem in problems)
            answers.append({"name": name, "ok": not errors, "problems": problems})
            if not json:
                show(name, text, problems)
                warnings = f", {counted(len(problems) - errors, 'warning')}" if len(problems) > errors else ""
                verdict = say.paint(counted(errors, "error"), "bad") if errors else say.paint("ok", "good")
                say.line(f"{say.clean(name)}: {verdict}{warnings}")
    if json:
        say.data({"descriptions": answers})
    raise typer.Exit(Exit.OK if all(answer["ok"] for answer in answers) else Exit.REFUSED)
