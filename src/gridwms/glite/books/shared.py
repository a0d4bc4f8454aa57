"""What the commands of L&B share: options as getopt reads them, who asks whom, errors in the library's words."""

from __future__ import annotations

import getopt
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gridwms.glite.jobids import PORT
from gridwms.glite.lb import Lb, LbError, error_of

if TYPE_CHECKING:
    from gridwms.client import Client
    from gridwms.glite.user import User

_SERVERS = ("GLITE_WMS_QUERY_SERVER", "EDG_WL_QUERY_SERVER")
_DESTINATIONS = ("GLITE_WMS_LOG_DESTINATION", "EDG_WL_LOG_DESTINATION")


class Usage(Exception):
    """What was typed is no call of this command."""


@dataclass(frozen=True, slots=True)
class Option:
    """`letter`: its short form; `value`: what it is called in the usage, "" for a flag."""

    letter: str
    name: str
    value: str = ""
    about: str = ""


@dataclass(slots=True)
class Asked:
    """What was typed: values of options by name, flags are empty, and the rest."""

    values: dict[str, str] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the option is there."""
        return name in self.values

    def text(self, name: str) -> str:
        """Its value; "" without it."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Command:
    """Its name, options, operands, and what it does: the exit code. `also`: further long options with a value."""

    name: str
    options: Sequence[Option]
    operands: str
    main: Callable[[Asked], int]
    also: Sequence[str] = ()


HELP = Option("h", "help", "", "print this")
SERVER = Option("m", "server", "host[:port]", "the L&B server; else GLITE_WMS_QUERY_SERVER")


def run(command: Command) -> None:
    """The console script."""
    sys.exit(call(command, sys.argv[1:]))


def call(command: Command, words: Sequence[str]) -> int:
    """Do it; the exit code: 1 for an error, 2 for wrong usage."""
    from gridwms.glite.failure import Failure

    try:
        asked = read(command, words)
        if asked.has("help"):
            sys.stdout.write(usage(command))
            return 0
        return command.main(asked)
    except Usage as error:
        sys.stderr.write(f"{command.name}: {error}\n{usage(command)}")
        return 2
    except LbError as error:
        sys.stderr.write(f"{command.name}: {error.text} ({error.description})\n")
        return 1
    except Failure as error:
        sys.stderr.write(f"{command.name}: {error.title} ({error.text})\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def read(command: Command, words: Sequence[str]) -> Asked:
    """Options in any order, long ones also with `=` and cut short. Raises Usage."""
    letters = "".join(one.letter + (":" if one.value else "") for one in command.options)
    names = [one.name + ("=" if one.value else "") for one in command.options]
    names += [f"{one}=" for one in command.also if f"{one}=" not in names]
    try:
        found, operands = getopt.gnu_getopt(list(words), letters, names)
    except getopt.GetoptError as error:
        raise Usage(str(error)) from error
    by_letter = {f"-{one.letter}": one.name for one in command.options if one.letter}
    return Asked({by_letter.get(word, word.lstrip("-")): value for word, value in found}, operands)


def usage(command: Command) -> str:
    """What is printed for who asks, or asks wrongly."""
    lines = [f"Usage: {command.name} [options] {command.operands}".rstrip()]
    for one in command.options:
        short = f"-{one.letter}, " if one.letter else "    "
        lines.append(f"  {short}--{one.name}{f' {one.value}' if one.value else ''}\t{one.about}")
    return "\n".join(lines) + "\n"


def server_named(asked: Asked) -> str:
    """`host:port` of the server that is named. Raises Usage."""
    named = asked.text("server") or next((os.environ[name] for name in _SERVERS if os.environ.get(name)), "")
    if not named:
        raise Usage(f"name a server: -m host[:port], or {_SERVERS[0]}")
    return with_port(named)


def destination_of(job: str) -> str:
    """`host:port` of what takes events of a job: the server of its id, unless another is named. Raises Usage."""
    from gridwms.glite.jobids import is_job_id, server_of

    if named := next((os.environ[name] for name in _DESTINATIONS if os.environ.get(name)), ""):
        return with_port(named)
    if not is_job_id(job):
        raise Usage(f"'{job}' is no job id")
    return server_of(job)


def with_port(named: str) -> str:
    """The address with L&B's port, where there is none."""
    bare = named.removeprefix("https://").rstrip("/")
    return bare if bare.rpartition(":")[2].isdigit() else f"{bare}:{PORT}"


def me() -> User:
    """Who asks. Raises Failure."""
    from gridwms.glite.user import find_user

    return find_user()


def books(user: User, *servers: str) -> Lb:
    """The bookkeeping; a token is shown to servers that were named, here or by the environment."""
    return Lb(user, trusted(*servers))


def each_job(asked: Asked, text: Callable[[Lb, str], str]) -> int:
    """Print what there is to say of each job that was named; the exit code. One that is missing keeps back no other."""
    if not asked.operands:
        raise Usage("name a job")
    lb = books(me())
    code = 0
    try:
        for job in asked.operands:
            try:
                sys.stdout.write(text(lb, job))
            except LbError as error:
                sys.stderr.write(f"{job}: {error.text} ({error.description})\n")
                code = 1
    finally:
        lb.close()
    return code


def trusted(*servers: str) -> frozenset[str]:
    """Hosts that may see the user's token."""
    named = [*servers, *(os.environ.get(name, "") for name in (*_SERVERS, *_DESTINATIONS))]
    named += [urlsplit(os.environ.get("GLITE_WMS_WMPROXY_ENDPOINT", "")).netloc]
    return frozenset(host for one in named if (host := urlsplit(f"//{one.removeprefix('https://')}").hostname))


def client_at(server: str, user: User) -> Client:
    """The service's other side, for what is no question to the bookkeeping. Raises LbError."""
    from gridwms.client import Client
    from gridwms.client.errors import ClientError
    from gridwms.client.find import Address

    try:
        token = "" if user.proxy else user.token
        return Client(address=Address(f"https://{server}", token, user.proxy))
    except ClientError as error:
        raise error_of(error) from error


def log_lines(lb: Lb, server: str, lines: Sequence[str]) -> int:
    """Log lines of ULM; how many were refused, each told on stderr. Raises LbError."""
    refused = lb.ask(server, lambda at: at.log(lines))
    for at, error in refused:
        sys.stderr.write(f"line {at + 1}: {error.sentence} {error.advice}\n")
    return len(refused)


def line_of(job: str, kind: str, values: Mapping[str, str], source: str, seqcode: str, host: str = "") -> str:
    """A line of ULM of now. Raises Usage."""
    import socket
    import time

    from gridwms.bookkeeping.compose import BadEvent, compose

    try:
        where = host or socket.gethostname()
        return compose(job, kind, values, source=source, seqcode=seqcode, host=where, now=time.time())
    except BadEvent as error:
        raise Usage(str(error)) from error
