"""`gridwms site`: how sites are, and whether they get new jobs."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import layout, say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client import Client
    from gridwms.client.answers import Element, Site

app = typer.Typer(help="See how sites are, give them no new jobs, test them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="SITE", help="Its name in the configuration.")]


@app.command("list")
def list_sites(json: Json = False, service: Service = "") -> None:
    """List all sites."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.sites()
    if json:
        return say.data({"sites": found})
    rows = [
        [(one.name, ""), _state(one), (str(one.running), ""), (str(one.queued), ""), (one.why, "")] for one in found
    ]
    layout.table(["SITE", "STATE", "RUNNING", "QUEUED", "WHY"], rows, right=(2, 3))
    return None


@app.command()
def show(site: Name, json: Json = False, service: Service = "") -> None:
    """Show all about a site."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.site(site)
    return say.data({"site": found}) if json else _show(found)


@app.command()
def release(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A computing element, or a site.")],
    json: Json = False,
    service: Service = "",
) -> None:
    """Believe a computing element again, or all those of a site: it gets jobs at once."""
    from gridwms.client import Client

    with Client(service) as client:
        released = client.release(name)
    if json:
        return say.data({"released": released})
    return say.line(
        f"{layout.counted(released, 'computing element')} believed again." if released else "Nothing to do."
    )


@app.command()
def drain(
    site: Name,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; users see it.")] = "",
    begins: Annotated[str, typer.Option("--from", metavar="TIME", help="2026-01-31T12:00, or seconds from now.")] = "",
    ends: Annotated[str, typer.Option("--until", metavar="TIME", help="The same; without it: until 'resume'.")] = "",
    json: Json = False,
    service: Service = "",
) -> None:
    """Give a site no new jobs: at once, or in a downtime. Jobs that are there go on to their end."""
    from gridwms.client import Client

    start, end = _moment(begins, "--from"), _moment(ends, "--until")
    with Client(service) as client:
        found = client.drain_site(site, reason=reason, begins=start, ends=end)
    return say.data({"site": found}) if json else _show(found)


@app.command()
def resume(site: Name, json: Json = False, service: Service = "") -> None:
    """Give a site jobs again: drains and downtimes are taken back, and its failures forgotten."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.resume_site(site)
    return say.data({"site": found}) if json else _show(found)


@app.command()
def test(
    site: Name,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=1, help="Give up after so long.")] = 600,
    json: Json = False,
    service: Service = "",
) -> None:
    """Send a small job through every step of each computing element of a site, and say what is wrong."""
    from gridwms.cli.canary import report, send
    from gridwms.client import Client

    with Client(service) as client:
        found = _named(client, site)
        if not found.resources:
            say.note(f"The site {site} tells of no resources{': ' + found.trouble if found.trouble else '.'}")
            raise typer.Exit(Exit.FAILED)
        results = [send(client, ce, timeout) for ce in found.resources]
    if json:
        say.data({"tests": results})
    else:
        report(results)
    raise typer.Exit(Exit.OK if all(one.ok for one in results) else Exit.FAILED)


def _named(client: Client, name: str) -> Site:
    found = client.sites()
    for one in found:
        if one.name == name:
            return one
    say.note(f"There is no site '{name}'. The sites are: {', '.join(one.name for one in found) or 'none'}.")
    raise typer.Exit(Exit.NOT_FOUND)


def _state(site: Site) -> layout.Cell:
    if not site.accepts:
        return ("resting" if site.breaker == "open" else "drained", "warn")
    if site.trouble:
        return "silent", "bad"
    return ("on trial", "warn") if site.breaker == "trial" else ("open", "good")


def _show(site: Site) -> None:
    state, style = _state(site)
    limits = f"at most {site.max_jobs}" + (f", {site.max_queued} of them queued" if site.max_queued else "")
    limits += f", {site.max_per_minute} a minute" if site.max_per_minute else ""
    say.line(f"{say.paint(site.name, 'strong')}  {say.paint(state, style)}")
    pairs = [("why", site.why), ("jobs", f"{site.running} running, {site.queued} queued; {limits}")]
    for one in site.closures:
        until = layout.moment(one.ends) if one.ends is not None else "resumed"
        pairs.append(("closed", f"{layout.moment(one.begins)} until {until}, by {one.by}: {one.reason or 'no reason'}"))
    layout.facts(pairs)
    for element in site.elements:
        _show_element(element)


def _show_element(element: Element) -> None:
    state = {"open": ("rests", "warn"), "trial": ("on trial", "warn")}.get(element.breaker, ("", ""))
    say.line(f"  {say.clean(element.ce)}  {say.paint(*state)}".rstrip())
    if element.breaker != "closed":
        spared = " (it would rest if that were not too many)" if element.spared else ""
        until = f", until {layout.moment(element.rests_until)}" if element.rests_until else ""
        layout.facts([("why", f"{element.why}{spared}{until}")], indent=4)
    if element.measured:
        rows = [
            [
                (" ".join(filter(None, (one.vo, one.owner, one.kind))), ""),
                *((str(count), "") for count in (one.good, one.bad, one.other)),
                *((layout.lasting(mean) if mean is not None else "-", "") for mean in (one.mean_queue, one.mean_run)),
            ]
            for one in element.measured
        ]
        layout.table(
            ["LAST DAY", "WELL", "ITS FAULT", "FAILED", "QUEUED", "RAN"], rows, right=(1, 2, 3, 4, 5), indent=4
        )


def _moment(text: str, option: str) -> float | None:
    """A time as people write it, in their zone, or seconds from now."""
    if not text:
        return None
    try:
        return time.time() + float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        hint = f"'{text}' is no time; accepted: 2026-01-31T12:00, or a number of seconds from now."
        raise typer.BadParameter(hint, param_hint=option) from error
