"""`gridwms match`: where could a description run?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.options import Descriptions, Format, Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Match, Places


def match(
    files: Descriptions,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Show the best N resources; 0: all.")] = 20,
    explained: Annotated[
        bool, typer.Option("--explain", help="Say what each condition excludes, even where something matches.")
    ] = False,
    form: Format = None,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show the resources that match descriptions now, best first, or why there are none."""
    from gridwms.cli.descriptions import source
    from gridwms.cli.problems import show
    from gridwms.cli.trouble import as_data, report
    from gridwms.client import Client
    from gridwms.client.errors import Refused

    answers: list[dict[str, object]] = []
    codes = []
    with Client(service) as client:
        for each in (source(file, form or "") for file in files):
            name, text = each.name, each.source
            try:
                found = client.match(each)
            except Refused as error:
                answers.append(
                    {"name": name, "match": None, "error": as_data(error), "problems": each.placed(error.problems)}
                )
                codes.append(Exit.REFUSED)
                if not json:
                    show(name, text, each.placed(error.problems), each.files)
                    if not error.problems:
                        report(error, name)
                continue
            answers.append({"name": name, "match": found, "error": None, "problems": found.problems})
            codes.append(Exit.OK if found.found else Exit.NO_MATCH)
            if not json:
                show(name, text, found.problems, each.files)
                _show(name, found, limit, explained=explained)
    if json:
        say.data({"descriptions": answers})
    raise typer.Exit(together(codes))


def _show(name: str, found: Match, limit: int, *, explained: bool) -> None:
    if not found.kinds:
        _places(name, found, limit, explained=explained)
        return
    say.line(f"{say.paint(say.clean(name), 'strong')}: {say.clean(found.summary)}")
    for kind in found.kinds:
        more = f" and {kind.nodes - 1:,} nodes like it" if kind.nodes > 1 else ""
        _places(f"{kind.name}{more}", kind, limit, explained=explained)


def _places(name: str, found: Places, limit: int, *, explained: bool) -> None:
    from gridwms.cli.layout import table
    from gridwms.cli.why import show_misses

    say.line(f"{say.paint(say.clean(name), 'strong')}: {found.summary or 'no resource'}")
    if found.reason is not None:
        say.line(f"  {say.paint(say.clean(found.reason.sentence), 'bad')}")
        say.line(f"  {say.clean(found.reason.advice)}")
    shown = found.resources[: limit or None]
    if shown:
        rows = [
            [
                ("no number" if one.rank is None else f"{one.rank:g}", ""),
                (one.ce, ""),
                (one.site or "no site of this service", "" if one.site else "soft"),
            ]
            for one in shown
        ]
        table(["RANK", "RESOURCE", "SITE"], rows, right=[0], indent=2)
    if len(found.resources) > len(shown):
        say.line(f"  and {len(found.resources) - len(shown)} more (--limit 0 shows all)")
    if shown and not explained:
        return
    for clause in found.clauses:
        say.line(f"  - {say.clean(clause.text)}")
    if found.best:
        say.line(f"  {say.paint('what would help most:', 'soft')} {say.clean(found.best)}")
    show_misses(found.misses)
