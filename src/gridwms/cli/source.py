"""`gridwms source`: who tells about resources, and how that is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from gridwms.cli import layout, say
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Json, Service

if TYPE_CHECKING:
    from gridwms.client.answers import Source

app = typer.Typer(help="See how information sources are, ask them now, test them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="SOURCE", help="Its name in the configuration; of a site: 'site NAME'.")]
_STYLES = {"good": "good", "failing": "warn", "dead": "bad", "new": "soft"}
_SHOWN = 40


@app.command("list")
def list_sources(json: Json = False, service: Service = "") -> None:
    """List all sources, in the order in which they are believed."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.sources()
    if json:
        return say.data({"sources": found})
    rows: list[list[layout.Cell]] = [
        [
            (one.source, ""),
            (one.kind, ""),
            (one.condition, _STYLES.get(one.condition, "")),
            (str(one.resources), ""),
            (str(one.storage), ""),
            (layout.lasting(one.seconds), ""),
            (layout.ago(one.last_good) if one.last_good is not None else "never", ""),
            (one.error or (one.notes[0] if one.notes else ""), ""),
        ]
        for one in found
    ]
    head = ["SOURCE", "KIND", "STATE", "RESOURCES", "STORAGE", "EVERY", "ANSWERED", "TROUBLE"]
    layout.table(head, rows, right=(3, 4))
    return None


@app.command()
def show(
    source: Name,
    every: Annotated[bool, typer.Option("--all", help="Show all entries, however many.")] = False,
    json: Json = False,
    service: Service = "",
) -> None:
    """Show all about a source, with its entries and when they expire."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.source(source)
    return say.data({"source": found}) if json else _show(found, None if every else _SHOWN)


@app.command()
def refresh(source: Name, json: Json = False, service: Service = "") -> None:
    """Ask a source now, whatever its pace. Exit code 1 when its answer could not be used."""
    from gridwms.client import Client

    with Client(service) as client:
        found = client.refresh_source(source)
    if json:
        say.data({"source": found})
    else:
        _show(found, 0)
    raise typer.Exit(Exit.FAILED if found.error else Exit.OK)


@app.command()
def test(source: Name, json: Json = False, service: Service = "") -> None:
    """Ask a source and say what its answer would change; nothing is. Exit code 1 when it could not be used."""
    from gridwms.client import Client

    with Client(service) as client:
        trial = client.test_source(source)
    if json:
        say.data({"test": trial})
    else:
        say.line(f"{say.paint(trial.source, 'strong')}  " + say.paint(*(("bad", "bad") if trial.error else _WELL)))
        change = f"{trial.new} new, {trial.changed} changed, {trial.gone} not told of any more"
        pairs = [("trouble", trial.error), ("took", f"{trial.took:.2f} s")]
        pairs += [("resources", f"{trial.resources}: {change}"), ("storage", str(trial.storage))]
        layout.facts([*pairs, *(("note", note) for note in trial.notes)])
    raise typer.Exit(Exit.FAILED if trial.error else Exit.OK)


_WELL = ("well", "good")


def _show(found: Source, most: int | None) -> None:
    now = time.time()
    say.line(f"{say.paint(found.source, 'strong')}  {say.paint(found.condition, _STYLES.get(found.condition, ''))}")
    answered = "never"
    if found.last_good is not None:
        answered = f"{layout.moment(found.last_good)} ({layout.ago(found.last_good)})"
        if found.took is not None and not found.error:
            answered += f", in {found.took:.2f} s"
    pace = f"every {found.seconds:g} s" + (f", at most {found.timeout:g} s long" if found.timeout else "")
    kept = f"{found.resources} resources, {found.storage} storage elements"
    if found.oldest is not None and found.expires is not None:
        left = f"in {layout.lasting(found.expires - now)}" if found.expires > now else "now"
        kept += f"; the oldest told of {layout.ago(found.oldest)}, the first expires {left}"
    pairs = [("kind", found.kind), ("where", found.where), ("asked", pace), ("answered", answered)]
    pairs += [("trouble", found.error), ("failures", str(found.failures) if found.failures else "")]
    if found.last_error_at is not None and not found.error:
        pairs.append(("last error", f"{layout.moment(found.last_error_at)}: {found.last_error}"))
    layout.facts([*pairs, ("entries", kept), *(("note", note) for note in found.notes)])
    if most == 0 or not found.entries:
        return
    rows: list[list[layout.Cell]] = [
        [
            (one.id, ""),
            (one.kind, ""),
            (layout.ago(one.told), ""),
            (layout.clock(one.expires), ""),
            ("" if one.believed else "another source is believed", "soft"),
        ]
        for one in found.entries[:most]
    ]
    layout.table(["ENTRY", "WHAT", "TOLD", "EXPIRES", ""], rows, indent=2)
    if most is not None and len(found.entries) > most:
        say.line(f"  and {len(found.entries) - most} more; --all shows them")
