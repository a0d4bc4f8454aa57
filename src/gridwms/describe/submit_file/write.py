"""A JDL ad to a submit file, with a report of what HTCondor will not do.

Attributes without a counterpart are kept as attributes of the job (`+GridwmsRetryCount`), which gridwms reads back.
"""

from __future__ import annotations

import re

from gridwms.classad import Binary, ClassAd, Expr, Group, unparse
from gridwms.describe.convert.clauses import Comparison, recognised
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import Written
from gridwms.describe.convert.shell_words import split_words
from gridwms.describe.convert.source_ad import InputFile, SourceAd
from gridwms.describe.jdl.attributes import ATTRIBUTES
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import has_wildcard, leaf
from gridwms.describe.submit_file.commands import OWN, STEPS
from gridwms.describe.submit_file.expressions import from_glue, to_glue
from gridwms.describe.submit_file.macros import protect
from gridwms.describe.submit_file.quoting import write_arguments, write_environment

KEPT = f"submit files have no word for it; it is kept as +{OWN}..., which HTCondor does not act on"
_DROPPED = "submit files have no word for it"
_SHELL = f"the shell makes more of it than words, which HTCondor does not; it is kept as +{OWN}Arguments"
_CONDITION = f"HTCondor's machines publish nothing like it; it is kept as +{OWN}Requirements"
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_INPUTS = ("InputSandbox", "InputSandboxDestFileName", "InputSandboxBaseURI")
_OUTPUTS = ("OutputSandbox", "OutputSandboxDestURI", "OutputSandboxBaseDestURI")


class _Writer:
    def __init__(self, ad: ClassAd) -> None:
        self.source = SourceAd(ad)
        self.lines: list[str] = []
        self.lost: list[Lost] = []
        self.reasons: dict[str, str] = {}

    def text(self) -> Written:
        self.put("universe", "vanilla")
        files = self.input_files()
        self.executable(files)
        self.words()
        self.variables()
        self.standard_input(files)
        outputs = self.output_files()
        transferred = [file.source for file in files]
        if transferred:
            self.put("transfer_input_files", ", ".join(transferred))
        self.put("should_transfer_files", "YES")
        self.put("when_to_transfer_output", "ON_EXIT")
        self.put("transfer_output_files", ", ".join(outputs) or '""')
        self.number("CPUNumber", "request_cpus")
        self.number("Priority", "priority")
        self.conditions()
        self.rank()
        self.name()
        self.rest()
        self.lines.append("queue")
        return Written("\n".join(self.lines) + "\n", tuple(self.lost))

    def put(self, command: str, value: str) -> None:
        self.lines.append(f"{command} = {protect(value)}")

    def input_files(self) -> list[InputFile]:
        """Those that HTCondor can send: under their own names, without patterns. All or none."""
        given = self.source.texts("InputSandbox")
        files = list(self.source.inputs())
        sound = len(files) == len([item for item in given if item]) and not any(
            has_wildcard(item) and not is_url(item) for item in given
        )
        if not sound or not all(file.name == leaf(file.source) and _in_list(file.source) for file in files):
            for name in _INPUTS:
                self.source.leave(name)
            return []
        return files

    def executable(self, files: list[InputFile]) -> None:
        program = self.source.text("Executable")
        if program is None:
            return
        own = next((file for file in files if file.name == program and not is_url(file.source)), None)
        if own is not None:
            files.remove(own)
            self.put("executable", own.source)
        elif _fits(program) and not program.startswith("$"):
            self.put("executable", program if program.startswith("/") else f"./{program}")
            self.put("transfer_executable", "false")
        else:
            self.source.leave("Executable")

    def words(self) -> None:
        line = self.source.text("Arguments")
        words = split_words(line) if line else ()
        if words is None or not all(map(_printable, words)):
            self.source.leave("Arguments")
            self.reasons["arguments"] = _SHELL if words is None else KEPT
        elif words:
            self.put("arguments", write_arguments(words))

    def variables(self) -> None:
        variables = self.source.environment()
        if not all(_printable(name + value) for name, value in variables):
            self.source.leave("Environment")
        elif variables:
            self.put("environment", write_environment(variables))

    def standard_input(self, files: list[InputFile]) -> None:
        name = self.source.text("StdInput")
        if not name:
            return
        own = next((file for file in files if file.name == name), None)
        if own is not None and not is_url(own.source):
            files.remove(own)
            self.put("input", own.source)
        elif _fits(name):
            self.put("input", name)
            self.put("transfer_input", "false")
        else:
            self.source.leave("StdInput")

    def output_files(self) -> list[str]:
        """Names for transfer_output_files; what the standard streams write comes home by itself."""
        outputs = self.source.outputs()
        if not all(_in_list(name) and not has_wildcard(name) and _in_remap(name, to) for name, to in outputs):
            for name in _OUTPUTS:
                self.source.leave(name)
            outputs = ()
        names = [name for name, _ in outputs]
        for attribute, command in (("StdOutput", "output"), ("StdError", "error")):
            stream = self.source.text(attribute)
            if stream and _fits(stream) and stream == leaf(stream):
                self.put(command, stream)
                if stream in names:
                    names.remove(stream)
                elif attribute not in self.source.ad or outputs or "OutputSandbox" not in self.source.ad:
                    why = "HTCondor always brings it home, which the job does not ask for"
                    self.lost.append(Lost(f"{attribute}: {stream}", why, self.source.place(attribute)))
            elif stream:
                self.source.leave(attribute)
        remaps = "; ".join(f"{name} = {target}" for name, target in outputs if target)
        if remaps:
            self.put("transfer_output_remaps", f'"{remaps}"')
        return names

    def number(self, attribute: str, command: str) -> None:
        number = self.source.number(attribute)
        if number is not None:
            self.put(command, str(number))

    def conditions(self) -> None:
        """request_memory, allowed_execute_duration, and what HTCondor's machines publish of the rest."""
        said: dict[str, str] = {}
        translated: list[Expr] = []
        left: list[Expr] = []
        for expr in self.source.clauses():
            command = _command(expr)
            if command and command[0] not in said:
                said[command[0]] = command[1]
                continue
            there = _there_and_back(expr)
            (translated if there is not None else left).append(expr if there is None else there)
        for name, value in said.items():
            self.put(name, value)
        if translated:
            self.put("requirements", _joined(translated))
        if left:
            self.put(f"+{OWN}Requirements", _joined(left))
            for expr in left:
                place = (expr.line, expr.column) if expr.line else self.source.place("Requirements")
                self.lost.append(Lost(f"Requirements: {unparse(expr)[:120]}", _CONDITION, place))

    def rank(self) -> None:
        rank = self.source.ad.get("Rank")
        there = _there_and_back(rank) if rank is not None else None
        if there is not None:
            self.source.forget("Rank")
            self.put("rank", unparse(there))

    def name(self) -> None:
        name = self.source.text("NodeName")
        if name and _fits(name) and '"' not in name:
            self.put("batch_name", name)
        elif name:
            self.source.leave("NodeName")

    def rest(self) -> None:
        steps = {attribute.lower(): name for name, attribute in STEPS.items()}
        for name, expr in self.source.left():
            if name.lower() in steps:
                command = {"precmd": "PreCmd", "prearguments": "PreArguments"}.get(steps[name.lower()], "")
                command = command or {"postcmd": "PostCmd", "postarguments": "PostArguments"}[steps[name.lower()]]
                self.put(f"+{command}", unparse(expr))
                continue
            known = name.lower() in ATTRIBUTES or name.lower().startswith(OWN.lower())
            plain = _NAME.fullmatch(name) is not None
            if plain:
                self.put(f"+{OWN}{name}" if known or name.lower() in STEPS else f"+{name}", unparse(expr))
            if known or not plain:
                why = self.reasons.get(name.lower(), KEPT if plain else _DROPPED)
                self.lost.append(Lost(name, why, self.source.place(name)))


def _command(expr: Expr) -> tuple[str, str] | None:
    """A condition that has a command of its own."""
    clause = recognised(expr)
    if not isinstance(clause, Comparison) or clause.sign != ">=":
        return None
    value = clause.value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**9:
        return None
    if clause.name.lower() == "gluehostmainmemoryramsize":
        return "request_memory", str(value)
    if clause.name.lower() == "gluecepolicymaxwallclocktime":
        return "allowed_execute_duration", str(value * 60)
    return None


def _there_and_back(expr: Expr) -> Expr | None:
    """The expression on HTCondor's names, when reading it gives the same again."""
    try:
        there = from_glue(expr)
        return there if there is not None and _bare(to_glue(there)) == _bare(expr) else None
    except RecursionError:
        return None


def _bare(expr: Expr | None) -> Expr | None:
    while isinstance(expr, Group):
        expr = expr.inner
    return expr


def _joined(clauses: list[Expr]) -> str:
    if len(clauses) == 1:
        return unparse(clauses[0])
    grouped = [clause if isinstance(clause, Group) else Group(clause) for clause in clauses]
    joined: Expr = grouped[0]
    for clause in grouped[1:]:
        joined = Binary("&&", joined, clause)
    return unparse(joined)


def _printable(text: str) -> bool:
    return all(c >= " " and c != "\x7f" for c in text)


def _fits(text: str) -> bool:
    """Whether the text survives as the value of a command, on one line."""
    return bool(text) and _printable(text) and text == text.strip() and not text.endswith("\\")


def _in_list(text: str) -> bool:
    return _fits(text) and not re.search(r'[,"]', text)


def _in_remap(name: str, target: str) -> bool:
    return not target or (is_url(target) and not re.search(r'[;="\s]', name) and not re.search(r'[;"\s]', target))


def write_submit_file(ad: ClassAd) -> Written:
    """The job of a JDL ad as a submit file. Nothing of the ad is dropped without a word in `lost`."""
    return _Writer(ad).text()
