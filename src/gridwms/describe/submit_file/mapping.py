"""Commands to JDL, and a word for every command that has no counterpart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gridwms.classad import ClassAdSyntaxError, Expr, parse_expression, unparse
from gridwms.describe.convert.jdl_text import JdlText, Origin
from gridwms.describe.convert.lost import Lost, Place
from gridwms.describe.convert.reading import error, warning
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import escape, leaf
from gridwms.describe.problem import Problem
from gridwms.describe.submit_file.commands import ALIASES, HARMLESS, LOST, OWN, REFUSED, STEPS, UNDERSTOOD
from gridwms.describe.submit_file.handlers import HANDLERS
from gridwms.describe.submit_file.quoting import QuotingTrouble
from gridwms.describe.submit_file.value import Value
from gridwms.describe.suggest import suggest

_TRUE, _FALSE = ("true", "yes", "1", "t"), ("false", "no", "0", "f")


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
        for name, handler in HANDLERS.items():
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
        elif folded in HARMLESS.get(name, ()) or name in HANDLERS:
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


def _remaps(value: Value | None) -> dict[str, str]:
    found = {}
    for item in (value.text.strip().strip('"') if value else "").split(";"):
        name, sign, target = item.partition("=")
        if sign:
            found[name.strip()] = target.strip()
    return found
