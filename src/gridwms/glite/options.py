"""Options as the commands in C++ took them: exact words, each once, before everything else (gLite reference §8.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gridwms.glite.failure import Failure, WrongUsage


@dataclass(frozen=True, slots=True)
class Option:
    """`name`: without its dashes; `value`: what it is called in the usage, "" for a flag."""

    name: str
    short: str = ""
    value: str = ""
    about: str = ""
    repeatable: bool = False

    @property
    def words(self) -> str:
        """`--name, -n`."""
        return f"--{self.name}" + (f", -{self.short}" if self.short else "")


VERSION = Option("version", about="print the versions of this command and of the services")
HELP = Option("help", about="print this")
CONFIG = Option("config", "c", "file", "configuration of the client")
VO = Option("vo", "", "name", "virtual organisation, for proxies that name none")
DEBUG = Option("debug", about="print what is done")
LOGFILE = Option("logfile", "", "file", "write messages there")
NOINT = Option("noint", about="ask nothing")
OUTPUT = Option("output", "o", "file", "write the result there")
INPUT = Option("input", "i", "file", "file of job ids")
ENDPOINT = Option("endpoint", "e", "url", "the WMProxy service to ask")
AUTOMATIC = Option("autm-delegation", "a", "", "delegate the proxy for this call")
DELEGATION = Option("delegationid", "d", "id", "use the proxy that was delegated under this name")
JSON = Option("json", about="print JSON")
PRETTY = Option("pretty-print", about="print the result in lines for people")
COMMON = (HELP, VERSION, CONFIG, VO, DEBUG, LOGFILE)


@dataclass(slots=True)
class Given:
    """What was typed."""

    values: dict[str, list[str]] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the option is there."""
        return name in self.values

    def text(self, name: str) -> str:
        """Its value; "" without it."""
        return self.values[name][0] if name in self.values else ""

    def all(self, name: str) -> list[str]:
        """All its values."""
        return self.values.get(name, [])


def parse(words: Sequence[str], table: Sequence[Option]) -> Given:
    """Raises WrongUsage for an unknown option, Failure for one that is used wrongly."""
    known = {f"--{one.name}": one for one in table} | {f"-{one.short}": one for one in table if one.short}
    given = Given()
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or word == "-":
            if wrong := next((one for one in left if one.startswith("-")), ""):
                raise Failure("Wrong Option", f"Wrong Input Argument: {wrong}\nOptions come before all other arguments")
            given.operands = [word, *left]
            break
        option = known.get(word)
        if option is None:
            raise WrongUsage(f"unrecognized option '{word}'")
        if option.name in given.values and not option.repeatable:
            raise Failure("Input Option Error", f"option already specified: {option.name}")
        values = given.values.setdefault(option.name, [])
        if option.value:
            values.append(_value(option, left))
    return given


def _value(option: Option, left: list[str]) -> str:
    if not left:
        raise WrongUsage(f"option '--{option.name}' requires an argument")
    value = left.pop(0)
    if value.startswith("-"):
        raise Failure("Wrong Argument Option", f"Invalid argument value for the option: {option.words} ({value})")
    return value


def refuse_pairs(given: Given, table: Sequence[Option], pairs: Iterable[tuple[str, str]]) -> None:
    """Raises Failure for options that exclude each other."""
    shown = {one.name: one.words for one in table}
    for first, second in pairs:
        if given.has(first) and given.has(second):
            text = f"the following options cannot be specified together:\n{shown[first]}\n{shown[second]}"
            raise Failure("Input Option Error", text)


def usage(command: str, operands: str, table: Sequence[Option]) -> str:
    """What `--help` prints."""
    lines = [f"Usage: {command} [options] {operands}".rstrip(), "", "options:"]
    for one in table:
        lines.append(f"\t{one.words}{f' <{one.value}>' if one.value else ''}")
        lines += [f"\t\t{one.about}"] if one.about else []
    return "\n".join(lines) + "\n"
