"""An HTCondor submit file to a checked description: statements, macros, then the table of commands, job by job."""

from __future__ import annotations

from collections.abc import Mapping as Values
from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.describe.compound import PLACEHOLDER
from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.convert.lost import Lost, Place
from gridwms.describe.convert.reading import Reading, check, error, refused
from gridwms.describe.convert.shell_words import can_be_parameters
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jdl.text import decode
from gridwms.describe.problem import Problem, Severity
from gridwms.describe.submit_file.commands import ALIASES
from gridwms.describe.submit_file.lines import Form, Statement, statements
from gridwms.describe.submit_file.macros import CLUSTER, COUNTED, MOST_EXPANSIONS, Macros, MacroTrouble
from gridwms.describe.submit_file.mapping import Mapping
from gridwms.describe.submit_file.queue import Queue, QueueTrouble, read_queue
from gridwms.describe.submit_file.value import Value

MOST_BYTES = 20_000_000
_CONTROL = "conditions, includes and templates are not served; write the commands themselves"
_FORMS = "queue, queue N, queue NAME in (a, b), queue NAME, ... from (lines), queue NAME matching PATTERN"


def read_submit_file(text: bytes | str, defaults: JdlDefaults, *, now: float) -> Reading:
    """Read and check one submit file. Arguments as for `read_jdl`. Never raises, whatever the text."""
    decoded, problem = decode(text, min(defaults.max_compound_bytes, MOST_BYTES))
    if problem is not None:
        return refused([problem])
    file = _File(defaults.max_nodes)
    for statement in statements(decoded):
        if isinstance(statement, Problem):
            file.problems.append(statement)
        else:
            file.take(statement)
        if len(file.problems) > 200:
            break
    if not file.batches and not file.problems:
        place = (decoded.count("\n") + 1, 1)
        file.problems.append(error("missing", "queue", "there is no queue statement", place, accepted="queue"))
    if file.problems:
        return refused(file.problems)
    try:
        mapping = file.mapped()
    except MacroTrouble as trouble:
        return refused([error("macro", file.current, str(trouble), file.place)])
    if file.used & set(CLUSTER):
        mapping.lost.append(
            Lost("$(Cluster)", "nobody knows the number before the job is handed in; 0 is written", (1, 1))
        )
    return check(mapping.jdl, defaults, now=now, problems=mapping.problems, lost=mapping.lost)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The jobs of one queue statement: the commands as they are at it."""

    queue: Queue
    place: Place
    written: Values[str, Statement]
    macros: Values[str, str]

    @property
    def size(self) -> int:
        return self.queue.count * (1 if self.queue.items is None else len(self.queue.items))


class _File:
    """The definitions of a file, and its queue statements."""

    def __init__(self, most: int) -> None:
        self.macros = Macros()
        self.written: dict[str, Statement] = {}
        self.problems: list[Problem] = []
        self.batches: list[_Batch] = []
        self.used: set[str] = set()
        self.current = ""
        self.place: Place = (1, 1)
        self._most = most

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
        else:
            try:
                self.macros.define(_folded(name), statement.value)
            except MacroTrouble as trouble:
                self.problems.append(error("macro", name, str(trouble), place))
            self.written[_folded(name)] = statement

    def queue(self, statement: Statement) -> None:
        place = statement.place
        try:
            self.macros.left = MOST_EXPANSIONS
            found = read_queue(self.macros.expand(statement.value))
        except MacroTrouble as trouble:
            self.problems.append(error("macro", "queue", str(trouble), place))
            return
        except QueueTrouble as trouble:
            self.problems.append(error("bad_value", "queue", str(trouble), place, accepted=_FORMS))
            return
        if found.source:
            what = f"{found.source!r} has not been read into it ('gridwms submit' does that)"
            self.problems.append(error("items", "queue", what, place, found=found.source, accepted=_FORMS))
            return
        batch = _Batch(found, place, dict(self.written), dict(self.macros.values))
        if not batch.size:
            self.problems.append(error("empty_sweep", "queue", "there is no item, so there is no job", place))
        elif batch.size + sum(each.size for each in self.batches) > self._most:
            accepted = f"at most {self._most:,} jobs in one submit (max_nodes)"
            self.problems.append(error("too_many", "queue", f"found {batch.size:,} jobs", place, accepted=accepted))
        else:
            self.batches.append(batch)

    def mapped(self) -> Mapping:
        """The JDL of all jobs: of a single one, of a parametric job where that can say it, or of a collection."""
        [first, *others] = self.batches
        if not others and first.size == 1 and not first.queue.names:
            return self._job(first, {}, 0)
        sweep = None if others else self._sweep(first)
        return sweep or self._collection()

    def _sweep(self, batch: _Batch) -> Mapping | None:
        """A parametric job: its jobs differ in one thing only, and nothing else stands where that does."""
        queue = batch.queue
        rows = queue.rows()
        values = [row[0] for row in rows]
        plain = queue.items is None
        if not plain and (len(queue.names) != 1 or queue.count != 1 or not can_be_parameters(values)):
            return None
        if any(PLACEHOLDER in statement.value for statement in batch.written.values()):
            return None
        given = {queue.names[0].lower(): PLACEHOLDER} if not plain else {}
        number = PLACEHOLDER if plain else "0"
        self.macros.used.clear()
        mapping = self._job(batch, given | dict.fromkeys(("process", "procid", "step"), number), 0)
        counted = self.macros.used & set(COUNTED)
        wrong = any(problem.severity is Severity.ERROR for problem in mapping.problems)
        if wrong or (counted and not plain) or (plain and "row" in counted):
            return None
        origin = Origin("queue", batch.place)
        mapping.jdl.value("JobType", '"Parametric"', origin)
        if plain:
            mapping.jdl.value("Parameters", str(queue.count), origin)
        else:
            for value in values:
                mapping.jdl.item("Parameters", value, origin)
        return mapping

    def _collection(self) -> Mapping:
        whole = Mapping(used=self.used)
        origin = Origin("queue", self.batches[0].place)
        whole.jdl.value("Type", '"Collection"', origin)
        process = 0
        told: set[tuple[str, Place, str]] = set()
        for batch in self.batches:
            rows: Sequence[tuple[str, ...]] = batch.queue.rows() if batch.queue.items is not None else [()]
            for index, row in enumerate(rows):
                given = dict(zip((name.lower() for name in batch.queue.names), row, strict=False))
                for step in range(batch.queue.count):
                    counted = {"step": str(step), "row": str(index), "itemindex": str(index)}
                    numbers = dict.fromkeys(("process", "procid"), str(process))
                    job = self._job(batch, given | counted | numbers, process)
                    job.jdl.without("NodeName")
                    whole.jdl.node(job.jdl, Origin("queue", batch.place))
                    for problem in job.problems:
                        key = (problem.code, (problem.line, problem.column), problem.attribute)
                        if key not in told:
                            told.add(key)
                            whole.problems.append(problem)
                    whole.lost += [each for each in job.lost if each not in whole.lost]
                    process += 1
        return whole

    def _job(self, batch: _Batch, given: Values[str, str], number: int) -> Mapping:
        """The JDL of one job. Raises MacroTrouble."""
        self.macros.values, self.macros.given, self.macros.left = dict(batch.macros), dict(given), MOST_EXPANSIONS
        self.macros.missing.clear()
        mapping = Mapping(used=self.macros.used)
        found: dict[str, Value] = {}
        for folded, statement in batch.written.items():
            self.current, self.place = statement.name, statement.place
            text = self.macros.expand(self.macros.values[folded])
            found[ALIASES.get(folded, folded)] = Value(statement.name, text.strip(), statement.place)
        mapping.commands(found)
        mapping.missing(self.macros.missing, self.place)
        self.used |= self.macros.used
        return mapping


def _folded(name: str) -> str:
    """`MY.Name` and `+Name` are the same."""
    folded = name.lower()
    return f"+{folded[3:]}" if folded.startswith("my.") else folded
