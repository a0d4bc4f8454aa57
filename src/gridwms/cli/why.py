"""`gridwms why`: why is a job where it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import together
from gridwms.cli.options import IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridwms.client.answers import Miss, Why


def why(jobs: Jobs = None, input: IdFile = None, json: Json = False, service: Service = "") -> None:  # noqa: A002
    """Say why jobs wait, failed or ended, and what to do about it."""
    from gridwms.cli.each import each

    answers, codes = each(ids(jobs, input), service, lambda client, job: client.why(job), None if json else _show)
    if json:
        say.data({"jobs": answers})
    raise typer.Exit(together(codes))


def _show(found: Why) -> None:
    from gridwms.cli import layout

    say.line(say.paint(found.id, "strong"))
    say.line(f"  {found.state} since {layout.moment(found.since)} ({layout.ago(found.since)})")
    say.line(f"  {say.clean(found.sentence)}")
    if found.advice:
        say.line(f"  {say.paint('what to do:', 'soft')} {say.clean(found.advice)}")
    for warning in found.warnings:
        say.line(f"  {say.paint('warning:', 'warn')} {say.clean(warning)}")
    if found.clauses:
        say.line(f"  {say.paint('what stands in the way:', 'soft')}")
        for clause in found.clauses:
            say.line(f"    - {say.clean(clause.text)}")
    if found.best:
        say.line(f"  {say.paint('what would help most:', 'soft')} {say.clean(found.best)}")
    show_misses(found.misses)
    if found.changes:
        say.line(f"  {say.paint('what has changed since it was looked at last:', 'soft')}")
        for change in found.changes:
            say.line(f"    - {say.clean(change)}")
    if found.retries:
        say.line(f"  {say.paint('attempts that failed:', 'soft')}")
        for number, reason in enumerate(found.retries, 1):
            say.line(f"    {number}. {say.clean(reason.sentence)}")
    if len(found.verdicts) > 1:
        say.line(f"  {say.paint('what matching said before:', 'soft')}")
        for verdict in found.verdicts:
            text = verdict.reason.sentence if verdict.reason else verdict.summary
            say.line(f"    {layout.clock(verdict.since)}  {say.clean(text)}")
            for change in verdict.changes:
                say.line(f"      - {say.clean(change)}")


def show_misses(misses: Sequence[Miss]) -> None:
    """The resources that nearly match, each with what it lacks."""
    if misses:
        say.line(f"  {say.paint('what nearly matches:', 'soft')}")
    for miss in misses:
        has = ", ".join(f"{name} is {'not published' if value is None else value}" for name, value in miss.has)
        fails = " and ".join(miss.fails)
        say.line(f"    - {say.clean(miss.resource)} fails {say.clean(fails)}" + (f" ({say.clean(has)})" if has else ""))
