"""Items of queue statements that stand in files, or are files: put into the text by whoever has the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gridwms.describe.inlined import Inlined, Parts, Unreadable
from gridwms.describe.problem import Problem, Severity
from gridwms.describe.submit_file.lines import Form, statements
from gridwms.describe.submit_file.queue import Queue, QueueTrouble, read_queue


def inline_items(text: str, read: Callable[[str], str], matching: Callable[[str, str], Sequence[str]]) -> Inlined:
    """Put items into `queue ... from FILE` and `queue ... matching PATTERN`.

    `read` gives the text of a file, or raises Unreadable. `matching` gives the paths that match a pattern, in order
    ("files", "dirs" or "any" of them).
    """
    if "queue" not in text.lower():
        return Inlined(text)
    lines = text.replace("\r\n", "\n").split("\n")
    parts, problems = Parts(), list[Problem]()
    done: list[str] = []
    at = 0
    for statement in statements(text):
        if isinstance(statement, Problem) or statement.form is not Form.QUEUE:
            continue
        line, column = statement.place
        try:
            queue = read_queue(statement.value)
            items = _items(queue, read, matching) if queue.source else None
        except QueueTrouble:
            continue
        except Unreadable as trouble:
            problems.append(_unreadable(queue.source, str(trouble), line, column))
            continue
        if items is None:
            continue
        count = f"{queue.count} " if queue.count != 1 else ""
        names = ", ".join(queue.names)
        head = "".join(f"{each}\n" for each in lines[at : line - 1])
        own = f"{head}queue {count}{names} from {queue.chosen} (\n"
        done += [own, f"{items}\n)\n"]
        parts.own(own)
        parts.file(queue.source, f"{items}\n)")
        at = line
        while lines[at - 1].rstrip().endswith("\\") and at < len(lines):
            at += 1
        parts.go_on(at + 1)
    if not done:
        return Inlined(text, problems=tuple(problems))
    rest = "\n".join(lines[at:])
    parts.own("\n" + rest)
    return Inlined("".join([*done, rest]), tuple(parts.found), tuple(problems))


def _items(queue: Queue, read: Callable[[str], str], matching: Callable[[str, str], Sequence[str]]) -> str:
    if not queue.matching:
        return read(queue.source).replace("\r\n", "\n").strip("\n")
    found = matching(queue.source, queue.matching)
    if not found:
        raise Unreadable("matches nothing")
    return "\n".join(found)


def _unreadable(source: str, why: str, line: int, column: int) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        code="items",
        message=f"queue: '{source}' {why}; accepted: a file with an item a line, or a pattern that matches files",
        line=line,
        column=column,
        attribute="queue",
        found=source,
    )
