"""`gridwms`: the commands put together, and what happens when one fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from gridwms import __version__
from gridwms.cli import (
    acl,
    archive,
    attach,
    ban,
    cancel,
    check,
    classad,
    convert,
    db,
    delegation,
    event,
    forward,
    log,
    login,
    match,
    notify,
    output,
    peek,
    policy,
    priority,
    publish,
    purge,
    query,
    quota,
    retry,
    serve,
    site,
    source,
    stats,
    status,
    submit,
    tag,
    top,
    user,
    vo,
    wait,
    watch,
    whoami,
    why,
)
from gridwms.cli.exit_codes import Exit

app = typer.Typer(
    name="gridwms",
    help="One place to hand in work for many clusters, and to follow it until its results are home.",
    epilog="Exit codes: docs/user/exit-codes.md. JSON: docs/user/json.md.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
_BEFORE, _AFTER, _BOOKS, _OPERATE = "Hand in", "Follow and fetch", "Keep and search records", "Operate"
_PANELS: tuple[tuple[str, dict[str, Callable[..., None]]], ...] = (
    (_BEFORE, {"submit": submit.submit, "check": check.check, "match": match.match, "convert": convert.convert}),
    (
        _AFTER,
        {
            "status": status.status,
            "why": why.why,
            "wait": wait.wait,
            "watch": watch.watch,
            "log": log.log,
            "peek": peek.peek,
            "attach": attach.attach,
            "output": output.output,
            "cancel": cancel.cancel,
            "retry": retry.retry,
            "purge": purge.purge,
            "quota": quota.quota,
            "whoami": whoami.whoami,
            "login": login.login,
            "logout": login.logout,
            "top": top.top,
        },
    ),
    (
        _BOOKS,
        {
            "query": query.query,
            "tag": tag.tag,
            "acl": acl.acl,
            "event": event.event,
            "forward": forward.forward,
            "stats": stats.stats,
        },
    ),
    (_OPERATE, {"serve": serve.serve, "publish": publish.publish}),
)
for _panel, _verbs in _PANELS:
    for _name, _verb in _verbs.items():
        app.command(_name, rich_help_panel=_panel)(_verb)
# So that a priority below 0 is not taken for an option.
app.command("priority", rich_help_panel=_AFTER, context_settings={"ignore_unknown_options": True})(priority.priority)
app.add_typer(notify.app, name="notify", rich_help_panel=_AFTER)
app.add_typer(delegation.app, name="delegation", rich_help_panel=_AFTER)
app.add_typer(classad.app, name="classad", rich_help_panel=_BEFORE)
app.add_typer(site.app, name="site", rich_help_panel=_OPERATE)
app.add_typer(ban.app, name="ban", rich_help_panel=_OPERATE)
app.add_typer(user.app, name="user", rich_help_panel=_OPERATE)
app.add_typer(vo.app, name="vo", rich_help_panel=_OPERATE)
app.add_typer(policy.app, name="policy", rich_help_panel=_OPERATE)
app.add_typer(source.app, name="source", rich_help_panel=_OPERATE)
app.add_typer(db.app, name="db", rich_help_panel=_OPERATE)
app.add_typer(archive.app, name="archive", rich_help_panel=_OPERATE)


@app.callback(invoke_without_command=True)
def gridwms(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        sys.stdout.write(f"gridwms {__version__}\n")
        raise typer.Exit


def run() -> None:
    """The console script."""
    from gridwms.cli.trouble import report
    from gridwms.client.errors import ClientError

    try:
        app()
    except ClientError as error:
        sys.exit(report(error))
    except BrokenPipeError:
        sys.exit(Exit.OK)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    finally:
        _let_go_of_readers()


def _let_go_of_readers() -> None:
    # Whoever read our output may have gone: nothing is wrong, and the interpreter need not complain of it.
    out = sys.__stdout__
    if out is None:
        return
    try:
        out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
