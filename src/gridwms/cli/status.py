"""`gridwms status`: how are my jobs?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import say
from gridwms.cli.exit_codes import Exit, together
from gridwms.cli.options import Archived, IdFile, Jobs, Json, Service, ids

if TYPE_CHECKING:
    from gridwms.client import Client
    from gridwms.client.answers import Job


def status(
    jobs: Jobs = None,
    input: IdFile = None,  # noqa: A002 (the name of the option)
    state: Annotated[str, typer.Option("--state", metavar="STATES", help="Only these, separated by commas.")] = "",
    nodes: Annotated[bool, typer.Option("--nodes", help="The nodes of these compounds.")] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="The nodes of these compounds that failed, were given up or cancelled.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="Without JOB the newest N, of nodes the first N of each; 0: all.")
    ] = 50,
    owner: Annotated[str, typer.Option("--owner", help="Without JOB: whose; '*': everybody's (operators).")] = "",
    attributes: Annotated[
        bool, typer.Option("--attributes", help="All attributes of L&B; also of jobs of other systems.")
    ] = False,
    archive: Archived = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show the state of jobs: of these, or of all of mine; of compounds with --nodes each node's."""
    if attributes or (archive and not (nodes or failed)):
        raise typer.Exit(_attributes(ids(jobs, input), service, archive=archive, json=json))
    from gridwms.cli.trouble import as_data, report
    from gridwms.client import Client
    from gridwms.client.answers import Job
    from gridwms.client.errors import ClientError

    nodes = nodes or failed
    named = ids(jobs, input, needed=nodes)
    states = [name.strip().upper() for name in state.split(",") if name.strip()]
    codes: list[Exit] = []
    with Client(service) as client:
        if nodes:
            return _nodes(client, named, states, failed=failed, limit=limit, archive=archive, json=json)
        if named:
            found: Sequence[object] = client.status(named)
        else:
            found = list(client.jobs(owner=owner, states=states, limit=limit + 1 if limit else 0))
    more = not named and limit > 0 and len(found) > limit
    answers: list[dict[str, object]] = []
    shown: list[Job] = []
    for asked, one in zip(named or [""] * len(found), found[: limit or None] if more else found, strict=False):
        if isinstance(one, Job):
            answers.append({"asked": asked or one.id, "job": one, "error": None})
            if not named or not states or one.state in states:
                shown.append(one)
        elif isinstance(one, ClientError):
            answers.append({"asked": asked, "job": None, "error": as_data(one)})
            codes.append(report(one))
    if json:
        say.data({"jobs": answers, "more": more})
    elif len(shown) == 1 and named:
        _one(shown[0])
    elif shown:
        _many(shown)
    elif not codes:
        say.note("No jobs. 'gridwms submit FILE' hands one in.")
    if more and not json:
        say.note("There are more; --limit 0 shows all.")
    raise typer.Exit(together(codes))


def _attributes(named: Sequence[str], service: str, *, archive: bool, json: bool) -> Exit:
    from gridwms.cli.each import each

    if json:
        answers, codes = each(
            named, service, lambda client, job: client.bookkeeping.status(job, archived=archive), None
        )
        say.data({"jobs": answers})
    else:
        _answers, codes = each(
            named, service, lambda client, job: client.bookkeeping.text(job, archived=archive), say.lines
        )
    return together(codes)


def _nodes(
    client: Client,
    compounds: Sequence[str],
    states: Sequence[str],
    *,
    failed: bool,
    limit: int,
    archive: bool,
    json: bool,
) -> None:
    answers: list[dict[str, object]] = []
    more = False
    for compound in compounds:
        most = limit + 1 if limit else 0
        found = list(client.nodes(compound, states=states, failed=failed, limit=most, archived=archive))
        more = more or 0 < limit < len(found)
        shown = found[: limit or None]
        answers += [{"asked": compound, "job": node, "error": None} for node in shown]
        if shown and not json:
            _many(shown)
        elif not json:
            say.note("No such nodes.")
    if json:
        say.data({"jobs": answers, "more": more})
    elif more:
        say.note("There are more; --limit 0 shows all.")
    raise typer.Exit(Exit.OK)


def _many(jobs: Sequence[Job]) -> None:
    from gridwms.cli import layout, wording

    rows = [
        [
            (wording.state(job), wording.style(job)),
            ("" if job.exit_code is None else str(job.exit_code), "bad" if job.exit_code else ""),
            (layout.clock(job.state_since), ""),
            (wording.place(job), ""),
            (wording.what(job), ""),
            (job.id, ""),
        ]
        for job in jobs
    ]
    layout.table(["STATE", "EXIT", f"SINCE ({layout.zone()})", "WHERE", "WHAT", "JOB"], rows, right=[1])
    for warning in dict.fromkeys(job.credential.warning for job in jobs if job.credential):
        if warning:
            say.note(say.clean(warning))


def _one(job: Job) -> None:
    from gridwms.cli import layout, wording

    retries = [
        f"{job.shallow_count} shallow" if job.shallow_count else "",
        f"{job.deep_count} deep" if job.deep_count else "",
    ]
    retried = " and ".join(filter(None, retries))
    say.line(say.paint(job.id, "strong"))
    layout.facts(
        [
            ("state", wording.state(job)),
            ("since", f"{layout.moment(job.state_since)} ({layout.ago(job.state_since)})"),
            ("exit code", "" if job.exit_code is None else str(job.exit_code)),
            ("reason", job.reason.sentence if job.reason else ""),
            ("advice", job.reason.advice if job.reason else ""),
            ("executable", job.executable),
            ("nodes", wording.nodes(job)),
            ("failed", f"{job.failed} nodes" if job.failed else ""),
            ("node", f"{job.node_name} of {job.parent}" if job.parent else ""),
            ("where", f"{job.site}, {job.ce}" + (f", node {job.node}" if job.node else "") if job.site else ""),
            ("attempts", f"{job.attempt}, after {retried} retries" if retried else ""),
            ("submitted", f"{layout.moment(job.submitted_at)} by {job.owner}" + (f" for {job.vo}" if job.vo else "")),
            ("credential", _credential(job)),
            ("warning", job.credential.warning if job.credential else ""),
            ("expires", layout.moment(job.expires_at) if job.expires_at and job.state == "WAITING" else ""),
            ("kept until", f"{layout.moment(job.kept_until)}; then its files are removed" if job.kept_until else ""),
            *((f"tag {name}", value) for name, value in job.user_tags.items()),
        ],
        style=[("state", wording.style(job)), ("warning", "warn"), ("exit code", "bad" if job.exit_code else "")],
    )
    if job.state == "PURGED":
        say.line("  Its files and its description are gone; this record remains.")


def _credential(job: Job) -> str:
    from gridwms.cli import layout

    held = job.credential
    if held is None or held.ends is None:
        return ""
    return f"{held.delegation}, until {layout.moment(held.ends)}" + (
        f", renewed from {held.source}" if held.source else ""
    )
