"""What every command in C++ does before and after its own work: options, user, settings, the end (§8.1)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridwms import __version__
from gridwms.glite import options
from gridwms.glite.failure import Ended, Failure, WrongUsage
from gridwms.glite.options import Given, Option
from gridwms.glite.talk import Talk

if TYPE_CHECKING:
    from gridwms.glite.servers import Servers
    from gridwms.glite.settings import Settings
    from gridwms.glite.user import User

_USAGE = 255
"""Exit code of a call that is none."""


@dataclass(slots=True)
class Session:
    """A call of a command: what was typed, whom it talks to, who asks, how it is set up."""

    given: Given
    talk: Talk
    user: User
    settings: Settings
    servers: Servers

    @property
    def json(self) -> bool:
        """Whether a program reads the result."""
        return self.given.has("json")

    @property
    def pretty(self) -> bool:
        """Whether the result is to be lines of names and values."""
        return self.given.has("pretty-print")


@dataclass(frozen=True, slots=True)
class Command:
    """`name`, its `table` of options, what `operands` it takes, `pairs` of options that exclude each other, and
    what it does. `vo_in`: finds the VO in the operands, for commands with a description."""

    name: str
    table: Sequence[Option]
    operands: str
    main: Callable[[Session], None]
    pairs: Sequence[tuple[str, str]] = ()
    check: Callable[[Given], None] = lambda _given: None
    vo_in: Callable[[Given, Talk], str] = lambda _given, _talk: ""


_PAIRS = (
    *(("vo", "config"), ("debug", "nomsg"), ("debug", "json"), ("nomsg", "json")),
    *(("nomsg", "pretty-print"), ("debug", "pretty-print")),
)


def run(command: Command) -> None:
    """The console script."""
    sys.exit(call(command, sys.argv[1:]))


def call(command: Command, words: Sequence[str]) -> int:
    """Do it; the exit code."""
    talk = Talk(command.name)
    quiet = "--json" in words or "--pretty-print" in words
    try:
        return _call(command, words, talk)
    except WrongUsage as error:
        _usage(command, str(error))
        return _USAGE
    except Ended as error:
        if error.words:
            talk.line(f"{error.words}\n")
        return error.code
    except Failure as error:
        talk.error(error.title, error.text)
        if "--json" in words:
            _failed(error)
        elif not quiet:
            talk.last_words() if talk.log_file else None
        return error.code
    except KeyboardInterrupt:
        talk.line("\nbye\n")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _call(command: Command, words: Sequence[str], talk: Talk) -> int:
    from gridwms.glite.user import check_validity

    if not words or "--help" in words:
        raise WrongUsage
    if "--version" in words:
        _version(command, [word for word in words if word != "--version"], talk)
        return 0
    given = options.parse(words, command.table)
    options.refuse_pairs(given, command.table, (*_PAIRS, *command.pairs))
    talk.quiet = any(given.has(name) for name in ("nomsg", "json", "pretty-print"))
    talk.debugging = given.has("debug")
    talk.noint = given.has("noint") or given.has("json")
    command.check(given)
    session = _session(command, given, talk)
    talk.open_log(given.text("logfile"), session.settings.text("ErrorStorage") or "/var/tmp")  # noqa: S108 (its default)
    for path in session.settings.read:
        talk.debug("Configuration file:", str(path))
    if session.settings.moved:
        text = "attribute(s) no more supported outside JDL Default Attributes section: "
        talk.debug(text, ", ".join(session.settings.moved))
    check_validity(session.user, session.settings.number("DefaultProxyValidity"))
    try:
        command.main(session)
    finally:
        session.servers.close()
    return 0


def _session(command: Command, given: Given, talk: Talk) -> Session:
    from gridwms.glite.servers import Servers
    from gridwms.glite.settings import load
    from gridwms.glite.user import find_user

    user = find_user()
    vo = user.vo
    if vo and given.has("vo"):
        talk.warning("--vo option ignored")
    named = given.text("config")
    vo = vo or given.text("vo")
    if not vo:
        vo = load("", named).vo
    vo = vo or command.vo_in(given, talk)
    if not vo and user.proxy:
        raise Failure("Missing Information", "Unable to find any VirtualOrganisation")
    settings = load(vo, named)
    if user.vo and settings.vo and settings.vo.lower() != user.vo.lower():
        text = f"The VirtualOrganisation of the proxy ({user.vo}) replaces that of the configuration ({settings.vo})"
        talk.warning("VirtualOrganisation Value Mismatch:", text)
    return Session(given, talk, user, settings, Servers.of(given.text("endpoint"), user, settings, talk))


def _version(command: Command, words: Sequence[str], talk: Talk) -> None:
    """This one's, and that of every service that is configured."""
    talk.line(f"\nWMS User Interface version  {__version__}\nThe commands of gLite, by gridwms\n\n")
    try:
        session = _session(command, options.parse(words, command.table), talk)
    except (Failure, WrongUsage):
        return
    try:
        session.servers.tell_versions()
    finally:
        session.servers.close()


def _usage(command: Command, wrong: str) -> None:
    if wrong:
        sys.stderr.write(f"{command.name}: {wrong}\n")
    sys.stderr.write(options.usage(command.name, command.operands, command.table))


def _failed(error: Failure) -> None:
    import json

    sys.stdout.write(json.dumps({"result": "failure", "error": error.title, "reason": error.text}) + "\n")
