"""An HTCondor submit file to a checked description: statements, macros, then the table of commands."""

from __future__ import annotations

import re

from gridwms.describe.convert.lost import Lost, Place
from gridwms.describe.convert.reading import Reading, check, error, refused
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jdl.text import decode
from gridwms.describe.problem import Problem
from gridwms.describe.submit_file.commands import ALIASES
from gridwms.describe.submit_file.lines import Form, Statement, statements
from gridwms.describe.submit_file.macros import CLUSTER, Macros, MacroTrouble
from gridwms.describe.submit_file.mapping import Mapping
from gridwms.describe.submit_file.value import Value

MOST_BYTES = 200_000
_COMPOUND = "several jobs at once are not served yet; write 'queue' or 'queue 1', and one file for each job"
_CONTROL = "conditions, includes and templates are not served; write the commands themselves"
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


def read_submit_file(text: bytes | str, defaults: JdlDefaults, *, now: float) -> Reading:
    """Read and check one submit file. Arguments as for `read_jdl`. Never raises, whatever the text."""
    decoded, problem = decode(text, min(defaults.max_bytes, MOST_BYTES))
    if problem is not None:
        return refused([problem])
    file = _File()
    for statement in statements(decoded):
        if isinstance(statement, Problem):
            file.problems.append(statement)
        else:
            file.take(statement)
        if len(file.problems) > 200:
            break
    if not file.queued and not file.problems:
        place = (decoded.count("\n") + 1, 1)
        file.problems.append(error("missing", "queue", "there is no queue statement", place, accepted="queue"))
    if file.problems:
        return refused(file.problems)
    mapping = Mapping(used=file.macros.used)
    try:
        mapping.commands(file.values())
    except MacroTrouble as trouble:
        return refused([error("macro", file.current, str(trouble), file.place)])
    mapping.missing(file.macros.missing, file.place)
    if file.macros.used & set(CLUSTER):
        mapping.lost.append(
            Lost("$(Cluster)", "nobody knows the number before the job is handed in; 0 is written", (1, 1))
        )
    return check(mapping.jdl, defaults, now=now, problems=mapping.problems, lost=mapping.lost)


class _File:
    """The definitions of a file up to its queue statement."""

    def __init__(self) -> None:
        self.macros = Macros()
        self.written: dict[str, Statement] = {}
        self.problems: list[Problem] = []
        self.queued = False
        self.current = ""
        self.place: Place = (1, 1)

    def take(self, statement: Statement) -> None:
        """Note one statement, or what is wrong with it."""
        name, place = statement.name, statement.place
        if statement.form is Form.CONTROL:
            self.problems.append(error("unsupported", name, f"cannot be honoured: {_CONTROL}", place))
        elif statement.form is Form.UNKNOWN:
            accepted = "name = value, or queue"
            self.problems.append(error("syntax", name, "this line is no command", place, accepted=accepted))
        elif statement.form is Form.QUEUE:
            self.queue(statement)
        elif not self.queued:
            try:
                self.macros.define(_folded(name), statement.value)
            except MacroTrouble as trouble:
                self.problems.append(error("macro", name, str(trouble), place))
            self.written[_folded(name)] = statement

    def queue(self, statement: Statement) -> None:
        if self.queued:
            message = f"a second queue statement: {_COMPOUND}"
            self.problems.append(error("unsupported", "queue", message, statement.place))
            return
        self.queued = True
        try:
            count = self.macros.expand(statement.value).strip()
        except MacroTrouble as trouble:
            self.problems.append(error("macro", "queue", str(trouble), statement.place))
            return
        if count and not (_COUNT.fullmatch(count) and int(count) == 1):
            what = f"found 'queue {count[:60]}'"
            message = f"cannot be honoured: {what}: {_COMPOUND}"
            self.problems.append(error("unsupported", "queue", message, statement.place, found=count[:200]))

    def values(self) -> dict[str, Value]:
        """Commands by their usual names, macros expanded. Raises MacroTrouble."""
        found: dict[str, Value] = {}
        for folded, statement in self.written.items():
            self.current, self.place = statement.name, statement.place
            text = self.macros.expand(self.macros.values[folded])
            found[ALIASES.get(folded, folded)] = Value(statement.name, text.strip(), statement.place)
        return found


def _folded(name: str) -> str:
    """`MY.Name` and `+Name` are the same."""
    folded = name.lower()
    return f"+{folded[3:]}" if folded.startswith("my.") else folded
