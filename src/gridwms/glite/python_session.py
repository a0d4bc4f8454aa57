"""What the two commands that were Python do before and after their own work (gLite reference §8.1)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gridwms import __version__
from gridwms.glite import options
from gridwms.glite.jobids import PORT, is_job_id
from gridwms.glite.options import Given, Option
from gridwms.glite.python_talk import UiError, UiTalk, parse
from gridwms.glite.wording import WIDTH, stripe

if TYPE_CHECKING:
    from gridwms.glite.lb import Lb
    from gridwms.glite.settings import Settings
    from gridwms.glite.user import User

BAD_SOME = 255
"""Exit code when some ids were of no use."""


@dataclass(slots=True)
class UiSession:
    """A call: what was typed, who asks, what is configured. `wrong`: an id was malformed, repeated or not found."""

    given: Given
    talk: UiTalk
    user: User
    settings: Settings
    lb: Lb
    wrong: bool = False

    def level(self, setting: str) -> int:
        """How much is to be told, 0 to 3. Raises UiError."""
        text = self.given.text("verbosity")
        if not text:
            level = self.settings.number(setting)
            return level if level is not None and 0 <= level <= 3 else 1
        if not text.isdigit():
            raise UiError("UI_ARG_MISMATCH", "verbosity")
        if int(text) > 3:
            raise UiError("UI_ARG_OUT_OF_LIMIT", "verbosity")
        return int(text)

    def since(self, name: str) -> float | None:
        """The moment that an option names. Raises UiError."""
        from gridwms.glite.moments import BadMoment, moment

        if not self.given.has(name):
            return None
        try:
            return moment(self.given.text(name), time.time())
        except BadMoment as error:
            raise UiError("UI_ARG_MISMATCH", name) from error

    def tags(self) -> list[tuple[str, str]]:
        """Names and values of --user-tag. Raises UiError."""
        pairs = []
        for text in self.given.all("user-tag"):
            name, equals, value = text.partition("=")
            if not equals or not name:
                raise UiError("UI_ARG_MISMATCH", "user-tag")
            pairs.append((name, value))
        return pairs


@dataclass(frozen=True, slots=True)
class UiCommand:
    """Its name, options, operands, and what it does: the exit code."""

    name: str
    table: Sequence[Option]
    operands: str
    main: Callable[[UiSession], int]
    check: Callable[[Given], None] = lambda _given: None


def run(command: UiCommand) -> None:
    """The console script."""
    sys.exit(call(command, sys.argv[1:]))


def call(command: UiCommand, words: Sequence[str]) -> int:
    """Do it; the exit code."""
    from gridwms.glite.failure import Ended

    usage = options.usage(command.name, command.operands, command.table)
    if any(word in ("--help", "-help") for word in words):
        sys.stdout.write(usage)
        return 0
    if any(word in ("--version", "-version") for word in words):
        sys.stdout.write(f"Job Submission User Interface version {__version__}\n")
        return 0
    talk = UiTalk(command.name)
    try:
        given = parse(words, command.table)
        if not given.operands and not given.values:
            sys.stderr.write(usage)
            return 1
        command.check(given)
        return _call(command, given)
    except UiError as error:
        talk.error(error)
        if error.usage:
            sys.stderr.write(usage)
        if "--json" in words:
            import json

            sys.stdout.write(json.dumps({"result": "failure", "error": error.code, "reason": error.text}) + "\n")
        return 1
    except Ended as error:
        sys.stdout.write(f"{error.words}\n")
        return 0
    except KeyboardInterrupt:
        sys.stdout.write("\nKeyboard interrupt raised by user, now exiting...\nbye\n")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _call(command: UiCommand, given: Given) -> int:
    from gridwms.glite.failure import Failure
    from gridwms.glite.lb import Lb
    from gridwms.glite.settings import load
    from gridwms.glite.user import NoProxy, ProxyExpired, find_user

    quiet = given.has("json")
    talk = UiTalk(command.name, quiet=quiet, debug=given.has("debug"), noint=given.has("noint") or quiet)
    if given.has("config") and not Path(given.text("config")).is_file():
        raise UiError("UI_FILE_NOT_FOUND", given.text("config"))
    try:
        user = find_user()
        settings = load(user.vo or given.text("vo"), given.text("config"))
    except NoProxy as error:
        raise UiError("UI_PROXY_NOT_FOUND") from error
    except ProxyExpired as error:
        raise UiError("UI_PROXY_EXPIRED") from error
    except Failure as error:
        raise UiError("UI_CONFIG_ERROR", f"{error.title}: {error.text}") from error
    if given.has("debug") or given.has("noint") or given.has("logfile"):
        talk.open_log(given.text("logfile"), settings.text("ErrorStorage") or "/tmp")  # noqa: S108 (its default)
    if not given.has("noint") and not quiet:
        talk.line("\n")
    session = UiSession(given, talk, user, settings, Lb(user, _trusted(settings)))
    try:
        return command.main(session)
    finally:
        session.lb.close()


def _trusted(settings: Settings) -> frozenset[str]:
    """Hosts that the configuration names: they may see the user's token."""
    named = [*settings.texts("WmProxyEndPoints"), os.environ.get("GLITE_WMS_WMPROXY_ENDPOINT", "")]
    named += [f"//{one.rpartition('//')[2]}" for one in _configured(settings)]
    return frozenset(host for url in named if (host := urlsplit(url).hostname))


def lb_servers(settings: Settings) -> list[str]:
    """The L&B servers to ask, `host:port` each: those that are configured, else the services, each of which is an L&B
    server too, else those that information systems know of if the configuration allows that."""
    return _configured(settings) or _discovered(settings)


def _configured(settings: Settings) -> list[str]:
    named = settings.texts("LBAddresses") or tuple(
        filter(None, (os.environ.get(name, "") for name in ("GLITE_WMS_QUERY_SERVER", "EDG_WL_QUERY_SERVER")))
    )
    if not named:
        services = (os.environ.get("GLITE_WMS_WMPROXY_ENDPOINT", ""), *settings.texts("WmProxyEndPoints"))
        named = tuple(found for url in services if (found := urlsplit(url).netloc))
    return _with_ports(named)


def _discovered(settings: Settings) -> list[str]:
    from gridwms.glite.discovery import LB, NoDiscovery, services

    if not settings.flag("EnableServiceDiscovery", default=False):
        return []
    try:
        return _with_ports(services(settings.text("LBServiceDiscoveryType") or LB, settings.vo))
    except NoDiscovery:
        return []


def _with_ports(named: Iterable[str]) -> list[str]:
    bare = [one.removeprefix("https://").partition("/")[0] for one in named]
    return list(dict.fromkeys(one if one.rpartition(":")[2].isdigit() else f"{one}:{PORT}" for one in bare))


def job_ids(session: UiSession) -> list[str]:
    """The jobs that are meant, each once. Raises UiError, or Ended when the user gives up."""
    from gridwms.glite.menu import choose_many

    given, talk = session.given, session.talk
    ids, remarks = given_ids(given)
    good: list[str] = []
    for one in ids:
        if not is_job_id(one):
            session.wrong = True
            if len(ids) > 1:
                talk.warning(UiError("UI_WRONG_JOBID_FORMAT", one))
        elif one in good:
            session.wrong = True
            talk.warning(UiError("UI_JOBID_REPEAT", one))
        else:
            good.append(one)
    if ids and not good:
        if len(ids) == 1:
            raise UiError("UI_WRONG_JOBID_FORMAT", ids[0])
        raise UiError("UI_WRONG_JOBID_ALL")
    if len(good) > 1 and not talk.noint:
        return choose_many(good, talk.line, talk.answer, remarks, mixed=True)
    return good


def given_ids(given: Given) -> tuple[list[str], list[str]]:
    """The ids as they were given, and the comments of their file. Raises UiError."""
    if not given.has("input"):
        return list(given.operands), []
    from gridwms.glite.failure import Failure
    from gridwms.glite.jobid_file import read_items

    if given.operands:
        raise UiError("UI_TOO_MANY_ARGS", usage=True)
    try:
        items, remarks = read_items(given.text("input"))
    except Failure as error:
        raise UiError("UI_FILE_NOT_FOUND", given.text("input")) from error
    if not items:
        raise UiError("UI_NO_JOBID")
    return items, remarks


def write_result(session: UiSession, text: str) -> Path | None:
    """Write the result where -o wants it; None when the user does not want that. Raises UiError."""
    path = Path(session.given.text("output")).expanduser()
    if path.exists():
        session.talk.warning(UiError("UI_FILE_EXISTS", path))
        if not session.talk.ask("Do you want to overwrite?", default=True):
            return None
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UiError("UI_WRITE_FILE", path) from error
    return path.absolute()


def tell_file(session: UiSession, name: str, what: str, saved: Path) -> None:
    """Say where the result is."""
    banner = stripe(78, f"{name} success")
    sentence = f" {what} has been found and stored in the file:"
    session.talk.line(f"\n{banner}\n{sentence}\n {saved}\n{stripe(WIDTH)}\n")
