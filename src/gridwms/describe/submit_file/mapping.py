"""Commands to JDL: one function for each, and a word for every command that has no counterpart."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gridwms.classad import ClassAdSyntaxError, Expr, conjuncts, parse_expression, unparse
from gridwms.describe.convert.jdl_text import JdlText, Origin
from gridwms.describe.convert.lost import Lost, Place
from gridwms.describe.convert.reading import error, warning
from gridwms.describe.convert.shell_words import join_words
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import escape, leaf
from gridwms.describe.native.quantities import mebibytes
from gridwms.describe.problem import Problem
from gridwms.describe.submit_file.commands import ALIASES, HARMLESS, LOST, OWN, REFUSED, STEPS, UNDERSTOOD, UNIVERSES
from gridwms.describe.submit_file.expressions import to_glue
from gridwms.describe.submit_file.quoting import QuotingTrouble, read_arguments, read_environment
from gridwms.describe.suggest import suggest

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_TRUE, _FALSE = ("true", "yes", "1", "t"), ("false", "no", "0", "f")
_NOWHERE = ("/dev/null", "")
_STREAM_HOME = "it comes home with the output under its own name; the directory is not kept"


@dataclass(frozen=True, slots=True)
class Value:
    """A command as it was written: its name, its text with macros replaced, its place."""

    name: str
    text: str
    place: Place

    @property
    def origin(self) -> Origin:
        return Origin(self.name, self.place)


@dataclass(slots=True)
class Mapping:
    """The JDL in the making. `used`: macros that were referred to, which need not be commands."""

    used: set[str] = field(default_factory=set)
    jdl: JdlText = field(default_factory=JdlText)
    lost: list[Lost] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def commands(self, values: dict[str, Value]) -> None:
        """Map all commands of a file."""
        self.values = values
        for name, value in values.items():
            self.account(name, value)
        for name, handler in _HANDLERS.items():
            if name in values:
                try:
                    handler(self, values[name])
                except QuotingTrouble as trouble:
                    self.wrong(values[name], str(trouble), code="syntax")
        self.outputs()
        self.own()

    def account(self, name: str, value: Value) -> None:
        """Say what becomes of a command that no handler takes."""
        folded = value.text.lower()
        if name in REFUSED:
            self.problems.append(error("unsupported", value.name, f"cannot be honoured: {REFUSED[name]}", value.place))
        elif folded in HARMLESS.get(name, ()) or name in _HANDLERS:
            return
        elif name in LOST:
            self.lost.append(Lost(value.name, LOST[name], value.place))
        elif name not in UNDERSTOOD and not name.startswith("+") and name not in self.used:
            meant = suggest(name, (*UNDERSTOOD, *LOST, *REFUSED, *ALIASES))
            hint = f"; did you mean {meant}?" if meant else ""
            message = f"this command is not known and has no effect{hint}"
            self.problems.append(warning("unknown_command", value.name, message, value.place, found=value.name))
            self.lost.append(Lost(value.name, "this command is not known", value.place))

    def wrong(self, value: Value, message: str, *, accepted: str = "", code: str = "wrong_type") -> None:
        """An error about a command."""
        self.problems.append(error(code, value.name, message, value.place, found=value.text[:200], accepted=accepted))

    def missing(self, names: Iterable[str], place: Place) -> None:
        """Macros that were referred to and are not defined: HTCondor makes nothing of them."""
        for name in sorted(names):
            message = f"the macro $({name}) is not defined, so nothing stands in its place"
            self.problems.append(warning("undefined_macro", name, message, place, found=name))

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value.text if value else ""

    def flag(self, name: str, default: bool) -> bool:
        """A truth value; an error when it is none."""
        value = self.values.get(name)
        if value is None or not value.text:
            return default
        if value.text.lower() not in (*_TRUE, *_FALSE):
            self.wrong(value, f"found {value.text[:60]!r}", accepted="true or false")
            return default
        return value.text.lower() in _TRUE

    def local(self, path: str) -> str:
        """A file of the user's machine, below initialdir when that is given, as InputSandbox writes it."""
        base = self.text("initialdir")
        if is_url(path):
            return path
        return escape(f"{base.rstrip('/')}/{path}" if base and not path.startswith("/") else path)

    def send(self, item: str, origin: Origin) -> None:
        """One more file of InputSandbox, each once."""
        if item not in self.sent:
            self.sent.append(item)
            self.jdl.item("InputSandbox", item, origin)

    def fetch(self, item: str, origin: Origin) -> None:
        """One more file of OutputSandbox, each once."""
        if item not in self.fetched:
            self.fetched.append(item)
            self.jdl.item("OutputSandbox", item, origin)

    def expression(self, value: Value) -> Expr | None:
        try:
            return parse_expression(value.text)
        except ClassAdSyntaxError as trouble:
            self.wrong(value, f"this is no expression: {' '.join(trouble.message.split())}", code="syntax")
        except RecursionError:
            self.wrong(value, "the expression is nested too deeply", code="too_large")
        return None

    def outputs(self) -> None:
        """transfer_output_remaps and output_destination, once all files are known."""
        targets = _remaps(self.values.get("transfer_output_remaps"))
        value = self.values.get("transfer_output_remaps")
        used = {name: target for name, target in targets.items() if name in self.fetched and is_url(target)}
        for name in targets.keys() - used.keys():
            why = "files come home with 'gridwms output', not to a path of the user's machine"
            self.lost.append(Lost(f"transfer_output_remaps: {name}", why, value.place if value else (0, 0)))
        if used and value:
            for item in self.fetched:
                self.jdl.item("OutputSandboxDestURI", used.get(item, leaf(item)), value.origin)
        if "transfer_output_files" not in self.values and self.text("should_transfer_files").lower() != "no":
            executable = self.values.get("executable")
            why = "HTCondor then brings back every new file, JDL those that are named"
            self.lost.append(Lost("transfer_output_files is missing", why, executable.place if executable else (0, 0)))

    def own(self) -> None:
        """`+Name = expression`: steps that HTCondor knows, attributes of our own, and the user's."""
        for name, value in self.values.items():
            if not name.startswith("+"):
                continue
            plain = value.name.removeprefix("+").split(".", 1)[-1]
            attribute = STEPS.get(plain.lower(), plain)
            if attribute.lower().startswith(OWN.lower()) and len(attribute) > len(OWN):
                attribute = attribute[len(OWN) :]
            expr = self.expression(value)
            if expr is None:
                continue
            if attribute.lower() == "requirements":
                self.jdl.require(unparse(expr), value.origin)
            else:
                self.jdl.value(attribute, unparse(expr), value.origin)


def _universe(mapping: Mapping, value: Value) -> None:
    if value.text.lower() not in UNIVERSES:
        mapping.wrong(
            value, f"cannot be honoured: the universe {value.text[:40]!r}", accepted="vanilla", code="unsupported"
        )


def _executable(mapping: Mapping, value: Value) -> None:
    """Sent along unless transfer_executable is false, when it is a program of the worker node."""
    if mapping.flag("transfer_executable", True):
        mapping.send(value.text if is_url(value.text) else escape(value.text), value.origin)
        mapping.jdl.text("Executable", leaf(value.text), value.origin)
    else:
        mapping.jdl.text("Executable", value.text.removeprefix("./"), value.origin)


def _arguments(mapping: Mapping, value: Value) -> None:
    words = read_arguments(value.text)
    if words:
        mapping.jdl.text("Arguments", join_words(words), value.origin)


def _environment(mapping: Mapping, value: Value) -> None:
    for name, text in read_environment(value.text):
        mapping.jdl.item("Environment", f"{name}={text}", value.origin)


def _input(mapping: Mapping, value: Value) -> None:
    if value.text in _NOWHERE:
        return
    if mapping.flag("transfer_input", True):
        mapping.send(mapping.local(value.text), value.origin)
        mapping.jdl.text("StdInput", leaf(value.text), value.origin)
    else:
        mapping.jdl.text("StdInput", value.text, value.origin)


def _stream(attribute: str) -> Callable[[Mapping, Value], None]:
    def stream(mapping: Mapping, value: Value) -> None:
        if value.text in _NOWHERE:
            return
        name = leaf(value.text)
        if name != value.text:
            mapping.lost.append(Lost(value.name, _STREAM_HOME, value.place))
        mapping.jdl.text(attribute, name, value.origin)
        mapping.fetch(name, value.origin)

    return stream


def _list(value: Value) -> list[str]:
    """A list with commas; quotes around the whole are allowed."""
    text = value.text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return [item for item in (part.strip() for part in text.split(",")) if item]


def _inputs(mapping: Mapping, value: Value) -> None:
    for item in _list(value):
        mapping.send(mapping.local(item), value.origin)


def _outputs(mapping: Mapping, value: Value) -> None:
    for item in _list(value):
        mapping.fetch(item, value.origin)


def _remaps(value: Value | None) -> dict[str, str]:
    found = {}
    for item in (value.text.strip().strip('"') if value else "").split(";"):
        name, sign, target = item.partition("=")
        if sign:
            found[name.strip()] = target.strip()
    return found


def _destination(mapping: Mapping, value: Value) -> None:
    mapping.jdl.text("OutputSandboxBaseDestURI", value.text, value.origin)


def _cpus(mapping: Mapping, value: Value) -> None:
    if not value.text.isdecimal() or len(value.text) > 9:
        mapping.wrong(value, f"found {value.text[:60]!r}", accepted="a whole number")
        return
    mapping.jdl.value("CPUNumber", value.text, value.origin)


def _memory(mapping: Mapping, value: Value) -> None:
    """MiB unless a unit is given (HTCondor manual, request_memory)."""
    text = f"{value.text} MiB" if _NUMBER.fullmatch(value.text) else re.sub(r"(?i)([kmgt])b$", r"\1", value.text)
    size = mebibytes(text)
    if size is None:
        mapping.wrong(value, f"found {value.text[:60]!r}", accepted="a number of MiB, or with a unit, such as 2 GB")
        return
    mapping.jdl.require(f"other.GlueHostMainMemoryRAMSize >= {size}", value.origin)


def _duration(mapping: Mapping, value: Value) -> None:
    if not value.text.isdecimal() or len(value.text) > 12:
        mapping.wrong(value, f"found {value.text[:60]!r}", accepted="a whole number of seconds")
        return
    minutes = -(-int(value.text) // 60)
    mapping.jdl.require(f"other.GlueCEPolicyMaxWallClockTime >= {minutes}", value.origin)


def _requirements(mapping: Mapping, value: Value) -> None:
    expr = mapping.expression(value)
    for condition in conjuncts(expr) if expr is not None else ():
        translated = _translated(condition)
        if translated is None:
            why = "GLUE has no counterpart of an attribute in it"
            mapping.lost.append(Lost(f"{value.name}: {unparse(condition)[:120]}", why, value.place))
        else:
            mapping.jdl.require(unparse(translated), value.origin)


def _rank(mapping: Mapping, value: Value) -> None:
    expr = mapping.expression(value)
    translated = _translated(expr) if expr is not None else None
    if translated is not None:
        mapping.jdl.value("Rank", unparse(translated), value.origin)
    elif expr is not None:
        mapping.lost.append(Lost(value.name, "GLUE has no counterpart of an attribute in it", value.place))


def _translated(expr: Expr) -> Expr | None:
    try:
        return to_glue(expr)
    except RecursionError:
        return None


def _plain(attribute: str) -> Callable[[Mapping, Value], None]:
    def plain(mapping: Mapping, value: Value) -> None:
        if value.text:
            mapping.jdl.text(attribute, value.text.strip('"'), value.origin)

    return plain


def _initialdir(mapping: Mapping, value: Value) -> None:
    """It only counts for the paths of files, which the other commands work in."""
    if not posixpath.isabs(value.text):
        message = "it is relative, so files are looked for below the directory of the description"
        mapping.problems.append(warning("relative_path", value.name, message, value.place, found=value.text))


def _nothing(mapping: Mapping, value: Value) -> None:
    """Read together with another command."""


_HANDLERS: dict[str, Callable[[Mapping, Value], None]] = {
    "universe": _universe,
    "executable": _executable,
    "transfer_executable": _nothing,
    "arguments": _arguments,
    "environment": _environment,
    "initialdir": _initialdir,
    "input": _input,
    "transfer_input": _nothing,
    "output": _stream("StdOutput"),
    "error": _stream("StdError"),
    "transfer_input_files": _inputs,
    "transfer_output_files": _outputs,
    "transfer_output_remaps": _nothing,
    "output_destination": _destination,
    "request_cpus": _cpus,
    "request_memory": _memory,
    "allowed_execute_duration": _duration,
    "requirements": _requirements,
    "rank": _rank,
    "batch_name": _plain("NodeName"),
    "notify_user": _plain("UserContact"),
}
"""In the order in which JDL is written."""
