"""The dialects, which one a text is in, and the way from any to any other: always through JDL and its one checker."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath

from gridwms.classad import ClassAd, ClassAdSyntaxError, parse_ad_tolerant, unparse
from gridwms.describe.compound import Compound, CompoundKind
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import Reading, Written, error
from gridwms.describe.jdl import JdlDefaults, read_jdl
from gridwms.describe.jdl.text import decode
from gridwms.describe.problem import Problem, Severity


class Dialect(StrEnum):
    """The value is what the command line calls it."""

    JDL = "jdl"
    JSDL = "jsdl"
    NATIVE = "native"
    SUBMIT = "submit"


ENDINGS: dict[str, Dialect] = {
    ".jdl": Dialect.JDL,
    ".classad": Dialect.JDL,
    ".jsdl": Dialect.JSDL,
    ".xml": Dialect.JSDL,
    ".yaml": Dialect.NATIVE,
    ".yml": Dialect.NATIVE,
    ".toml": Dialect.NATIVE,
    ".sub": Dialect.SUBMIT,
    ".submit": Dialect.SUBMIT,
    ".condor": Dialect.SUBMIT,
}
_QUEUE = re.compile(r"^[ \t]*queue\b(?![ \t]*=)", re.IGNORECASE | re.MULTILINE)
_KEYS = (
    "name|vo|type|run|before|after|files|needs|data|priority|myproxy|prefer|fuzzy|retry|expires|peek|tags|jdl"
    "|sweep|nodes|order|weak_order|max_running"
)
_YAML = re.compile(rf"(?:---|(?:{_KEYS})[ \t]*:(?:[ \t]|$))")
"""The first line with content."""

_TOML = re.compile(rf"^[ \t]*(?:\[(?:{_KEYS})\][ \t]*(?:#.*)?$|run\.executable[ \t]*=)", re.MULTILINE)
_COMPOUND = "holds several jobs, which this dialect cannot say; accepted: one job, or --to jdl or native"


@dataclass(frozen=True, slots=True)
class Conversion:
    """`text` is empty exactly when `problems` say why the source could not be converted.

    A job that is right but not served yet is converted; what is not served is told as a warning.
    """

    source: Dialect
    text: str
    problems: tuple[Problem, ...]
    lost: tuple[Lost, ...]


def guess(text: bytes | str, name: str = "") -> Dialect:
    """The dialect of a text: XML by its first sign, then by the ending of the file's name, then by its lines."""
    start = text[:20_000]
    head = (
        start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
        if isinstance(start, bytes)
        else start
    )
    head = head.removeprefix("\ufeff")
    if head.lstrip().startswith("<"):
        return Dialect.JSDL
    ending = ENDINGS.get(PurePath(name).suffix.lower())
    if ending is not None:
        return ending
    content = (line for line in head.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    if _YAML.match(next(content, "")) or _TOML.search(head):
        return Dialect.NATIVE
    return Dialect.SUBMIT if _QUEUE.search(head) else Dialect.JDL


def read(text: bytes | str, dialect: Dialect, defaults: JdlDefaults, *, now: float) -> Reading:
    """Read and check a text of a dialect. Arguments as for `read_jdl`. Never raises, whatever the text."""
    return _READERS[dialect](text, defaults, now)


def write(ad: ClassAd, dialect: Dialect) -> Written:
    """The job of a JDL ad in a dialect, with what that dialect cannot say."""
    return _WRITERS[dialect](ad)


def convert(
    text: bytes | str,
    to: Dialect,
    source: Dialect | None = None,
    *,
    name: str = "",
    defaults: JdlDefaults | None = None,
) -> Conversion:
    """From a dialect (guessed when it is not given) to another. Nothing is filled in; times are not looked at."""
    source = source or guess(text, name)
    reading = read(text, source, defaults or JdlDefaults(), now=0.0)
    fatal = [problem for problem in reading.errors if problem.code not in ("unsupported", "node_file")]
    if fatal or not reading.jdl:
        return Conversion(source, "", reading.problems, reading.lost)
    try:
        ad, wrong = parse_ad_tolerant(reading.jdl, jdl=True)
    except (ClassAdSyntaxError, RecursionError):
        return Conversion(source, "", reading.problems, reading.lost)
    compound = _several(ad) if to in (Dialect.JSDL, Dialect.SUBMIT) else ""
    if to is Dialect.SUBMIT and reading.compound and reading.compound.kind is CompoundKind.PARAMETRIC:
        compound = ""
    if compound or wrong:
        place = ad.position(compound) if compound else (0, 0)
        refusal = error("unsupported", compound, _COMPOUND, reading.place(place))
        return Conversion(source, "", (*reading.problems, refusal), reading.lost)
    problems = tuple(replace(problem, severity=Severity.WARNING) for problem in reading.problems)
    if to is Dialect.JDL and source is not Dialect.JDL:
        return Conversion(source, reading.jdl, problems, reading.lost)
    written = _write_sweep(ad, reading.compound) if to is Dialect.SUBMIT and reading.compound else write(ad, to)
    lost = [Lost(each.what, each.why, reading.place(each.place)) for each in written.lost]
    return Conversion(source, written.text, problems, (*reading.lost, *lost))


def _several(ad: ClassAd) -> str:
    """The attribute that makes it more than one job; empty for a single one."""
    from gridwms.describe.convert.source_ad import SourceAd

    source = SourceAd(ad)
    if (source.text("Type") or "job").lower() not in ("job", ""):
        return "Type"
    if any(kind.lower() == "parametric" for kind in source.texts("JobType")):
        return "JobType"
    return next((name for name in ("Nodes", "Parameters") if name in ad), "")


def _read_jdl(text: bytes | str, defaults: JdlDefaults, now: float) -> Reading:
    reading = read_jdl(text, defaults, now=now)
    decoded, unreadable = decode(text, max(defaults.max_bytes, defaults.max_compound_bytes))
    syntax = any(problem.code in ("syntax", "too_large") for problem in reading.problems)
    jdl = "" if unreadable or syntax else decoded
    return Reading(reading.description, reading.problems, (), jdl, compound=reading.compound)


def _read_jsdl(text: bytes | str, defaults: JdlDefaults, now: float) -> Reading:
    from gridwms.describe.jsdl import read_jsdl

    return read_jsdl(text, defaults, now=now)


def _read_native(text: bytes | str, defaults: JdlDefaults, now: float) -> Reading:
    from gridwms.describe.native import read_native

    return read_native(text, defaults, now=now)


def _read_submit_file(text: bytes | str, defaults: JdlDefaults, now: float) -> Reading:
    from gridwms.describe.submit_file import read_submit_file

    return read_submit_file(text, defaults, now=now)


def _write_jdl(ad: ClassAd) -> Written:
    return Written(unparse(ad, multiline=True) + "\n")


def _write_jsdl(ad: ClassAd) -> Written:
    from gridwms.describe.jsdl import write_jsdl

    return write_jsdl(ad)


def _write_native(ad: ClassAd) -> Written:
    from gridwms.describe.native import write_native

    return write_native(ad)


def _write_submit_file(ad: ClassAd) -> Written:
    from gridwms.describe.submit_file import write_submit_file

    return write_submit_file(ad)


def _write_sweep(ad: ClassAd, compound: Compound) -> Written:
    from gridwms.describe.submit_file.write_sweep import write_sweep

    return write_sweep(ad, compound)


_READERS: dict[Dialect, Callable[[bytes | str, JdlDefaults, float], Reading]] = {
    Dialect.JDL: _read_jdl,
    Dialect.JSDL: _read_jsdl,
    Dialect.NATIVE: _read_native,
    Dialect.SUBMIT: _read_submit_file,
}
_WRITERS: dict[Dialect, Callable[[ClassAd], Written]] = {
    Dialect.JDL: _write_jdl,
    Dialect.JSDL: _write_jsdl,
    Dialect.NATIVE: _write_native,
    Dialect.SUBMIT: _write_submit_file,
}
