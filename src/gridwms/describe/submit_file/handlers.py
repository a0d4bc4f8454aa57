"""What each understood command becomes in JDL. A function raises QuotingTrouble when quotes do not fit together."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from gridwms.classad import Expr, conjuncts, unparse
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import warning
from gridwms.describe.convert.shell_words import join_words
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import escape, leaf
from gridwms.describe.native.quantities import mebibytes
from gridwms.describe.submit_file.commands import UNIVERSES
from gridwms.describe.submit_file.expressions import to_glue
from gridwms.describe.submit_file.quoting import read_arguments, read_environment

if TYPE_CHECKING:
    from gridwms.describe.submit_file.mapping import Mapping
    from gridwms.describe.submit_file.value import Value

_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_NOWHERE = ("/dev/null", "")
_STREAM_HOME = "it comes home with the output under its own name; the directory is not kept"


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


def _destination(mapping: Mapping, value: Value) -> None:
    mapping.jdl.text("OutputSandboxBaseDestURI", value.text, value.origin)


def _cpus(mapping: Mapping, value: Value) -> None:
    if not value.text.isdecimal() or len(value.text) > 9:
        mapping.wrong(value, f"found {value.text[:60]!r}", accepted="a whole number")
        return
    mapping.jdl.value("CPUNumber", value.text, value.origin)


def _priority(mapping: Mapping, value: Value) -> None:
    if not re.fullmatch(r"[+-]?\d{1,9}", value.text, re.ASCII):
        mapping.wrong(value, f"found {value.text[:60]!r}", accepted="a whole number")
        return
    mapping.jdl.value("Priority", value.text.removeprefix("+"), value.origin)


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


HANDLERS: dict[str, Callable[[Mapping, Value], None]] = {
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
    "priority": _priority,
    "request_memory": _memory,
    "allowed_execute_duration": _duration,
    "requirements": _requirements,
    "rank": _rank,
    "batch_name": _plain("NodeName"),
    "notify_user": _plain("UserContact"),
}
"""In the order in which JDL is written."""
