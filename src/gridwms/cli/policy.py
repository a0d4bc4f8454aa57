"""`gridwms policy`: the rules of who may do what, and a check of files before they are used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import layout, rules, say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.rights.rule import Rule

app = typer.Typer(help="Look at the rules of who may do what, and check files of rules.", no_args_is_help=True)


@app.command()
def show(json: Json = False, service: Service = "") -> None:
    """Show all rules in force, and what everybody may do."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.policy()
    if json:
        return say.data({"policy": found})
    layout.facts([("file", found.file), ("everybody", rules.short(found.everyone) or "nothing")], indent=0)
    if found.trouble:
        say.note(f"warning: {say.clean(found.trouble)}")
    if found.rules:
        say.line()
        rules.show(found.rules)
    return None


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="policy.toml, a GACL, or a glite-lb-authz.conf.")],
    json: Json = False,
) -> None:
    """Check files of rules, without a service."""
    from gridwms.rights.problems import BadRules, Finding

    told, wrong = [], False
    for file in files:
        findings: tuple[Finding, ...] = ()
        found: tuple[Rule, ...] = ()
        try:
            found = _read(file)
        except BadRules as error:
            findings = error.findings
        except (OSError, UnicodeDecodeError) as error:
            findings = (Finding(0, f"it cannot be read: {error}"),)
        wrong |= bool(findings)
        told.append({"file": str(file), "rules": len(found), "findings": [one._asdict() for one in findings]})
        if not json:
            for one in findings:
                say.note(f"error: {say.clean(str(file))}, line {one.line}: {say.clean(one.sentence)}")
            if not findings:
                say.line(f"{say.clean(str(file))}: {layout.counted(len(found), 'rule')}, nothing wrong")
    if json:
        say.data({"files": told})
    raise typer.Exit(Exit.REFUSED if wrong else Exit.OK)


def _read(file: Path) -> tuple[Rule, ...]:
    from gridwms.rights.file import read_policy_file
    from gridwms.rights.gacl import read_gacl_rules
    from gridwms.rights.lb import read_lb_rules

    text = file.read_text("utf-8")
    if text.lstrip().startswith("<"):
        return read_gacl_rules(text, file.name, lambda address: "")
    if file.suffix == ".conf":
        return read_lb_rules(text, file.name)
    return read_policy_file(text, file.name).rules
