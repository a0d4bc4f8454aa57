"""The keys of the native form as one table: docs/user/dialects.md shows it, and readers and writers follow it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a key holds; the text is what an error message says is accepted."""

    SECTION = "a table of further keys"
    TEXT = "a text"
    TEXTS = "a text or a list of texts"
    LIST = "one text, or a list of them"
    NEEDS = "a list of {in: names, type: ..., catalogue: ...}"
    STORED = "a list of {file: ..., name: lfn:..., to: storage element}"
    WORDS = "a list of words, each taken exactly, or one line for the shell"
    INTEGER = "a whole number"
    BOOLEAN = "true or false"
    EXPRESSION = "an expression of the ClassAd language, as a text"
    EXPRESSIONS = "a table of names and ClassAd expressions"
    VARIABLES = "a table of names and values"
    TAGS = "a table of names and texts"
    INPUTS = "a list of files: paths, URLs, or {from: ..., as: ...}"
    OUTPUTS = "a list of files: names, or {name: ..., to: URL}"
    STEP = "the name of a script, or {script: ..., arguments: ...}"
    SIZE = "a size with its unit, such as 512 MiB or 2 GB"
    SPAN = "a time span with its unit, such as 90 s, 2h 30m, 3 days or 36:00:00"
    MOMENT = "a moment with its zone, such as 2031-01-31T12:00:00Z, or seconds since 1970"
    FUZZY = "true, false, or the factor (a number)"
    PEEK = "true, false, or how often (such as 30 s)"
    VALUES = "a list of texts and numbers"
    NODES = "a table of names and jobs, or a list of jobs"
    ORDER = "a list of pairs [before, after], each a name or (one of the two) a list of names"
    JOB_TYPE = "normal, mpi or interactive"


@dataclass(frozen=True, slots=True)
class Key:
    """One row. `jdl`: the attribute that it sets; for SIZE and SPAN the GLUE name that must be as large."""

    kind: Kind
    jdl: str = ""


KEYS: dict[str, Key] = {
    "name": Key(Kind.TEXT, "NodeName"),
    "vo": Key(Kind.TEXT, "VirtualOrganisation"),
    "type": Key(Kind.JOB_TYPE, "JobType"),
    "run": Key(Kind.SECTION),
    "run.executable": Key(Kind.TEXT, "Executable"),
    "run.arguments": Key(Kind.WORDS, "Arguments"),
    "run.environment": Key(Kind.VARIABLES, "Environment"),
    "run.stdin": Key(Kind.TEXT, "StdInput"),
    "run.stdout": Key(Kind.TEXT, "StdOutput"),
    "run.stderr": Key(Kind.TEXT, "StdError"),
    "before": Key(Kind.STEP, "Prologue"),
    "after": Key(Kind.STEP, "Epilogue"),
    "files": Key(Kind.SECTION),
    "files.in": Key(Kind.INPUTS, "InputSandbox"),
    "files.in_base": Key(Kind.TEXT, "InputSandboxBaseURI"),
    "files.out": Key(Kind.OUTPUTS, "OutputSandbox"),
    "files.out_base": Key(Kind.TEXT, "OutputSandboxBaseDestURI"),
    "needs": Key(Kind.SECTION),
    "needs.cpus": Key(Kind.INTEGER, "CPUNumber"),
    "needs.hosts": Key(Kind.INTEGER, "HostNumber"),
    "needs.cpus_per_host": Key(Kind.INTEGER, "SMPGranularity"),
    "needs.whole_hosts": Key(Kind.BOOLEAN, "WholeNodes"),
    "needs.memory": Key(Kind.SIZE, "GlueHostMainMemoryRAMSize"),
    "needs.virtual_memory": Key(Kind.SIZE, "GlueHostMainMemoryVirtualSize"),
    "needs.wall_time": Key(Kind.SPAN, "GlueCEPolicyMaxWallClockTime"),
    "needs.cpu_time": Key(Kind.SPAN, "GlueCEPolicyMaxCPUTime"),
    "needs.software": Key(Kind.TEXTS, "GlueHostApplicationSoftwareRunTimeEnvironment"),
    "needs.where": Key(Kind.EXPRESSION, "Requirements"),
    "needs.near": Key(Kind.TEXT, "OutputSE"),
    "needs.queue": Key(Kind.TEXT, "SubmitTo"),
    "needs.short_queue": Key(Kind.BOOLEAN, "ShortDeadlineJob"),
    "data": Key(Kind.SECTION),
    "data.in": Key(Kind.LIST, "InputData"),
    "data.needs": Key(Kind.NEEDS, "DataRequirements"),
    "data.protocols": Key(Kind.LIST, "DataAccessProtocol"),
    "data.catalogue": Key(Kind.TEXT, "DataCatalog"),
    "priority": Key(Kind.INTEGER, "Priority"),
    "myproxy": Key(Kind.TEXT, "MyProxyServer"),
    "data.out": Key(Kind.STORED, "OutputData"),
    "prefer": Key(Kind.EXPRESSION, "Rank"),
    "fuzzy": Key(Kind.FUZZY, "FuzzyRank"),
    "retry": Key(Kind.SECTION),
    "retry.deep": Key(Kind.INTEGER, "RetryCount"),
    "retry.shallow": Key(Kind.INTEGER, "ShallowRetryCount"),
    "expires": Key(Kind.MOMENT, "ExpiryTime"),
    "peek": Key(Kind.PEEK, "PerusalFileEnable"),
    "sweep": Key(Kind.SECTION),
    "sweep.count": Key(Kind.INTEGER, "Parameters"),
    "sweep.values": Key(Kind.VALUES, "Parameters"),
    "sweep.start": Key(Kind.INTEGER, "ParameterStart"),
    "sweep.step": Key(Kind.INTEGER, "ParameterStep"),
    "nodes": Key(Kind.NODES, "Nodes"),
    "order": Key(Kind.ORDER, "Dependencies"),
    "weak_order": Key(Kind.ORDER, "WeakDependencies"),
    "max_running": Key(Kind.INTEGER, "max_running_nodes"),
    "tags": Key(Kind.TAGS, "UserTags"),
    "jdl": Key(Kind.EXPRESSIONS),
}
"""Dotted name to row, in the order in which they are written."""

TABLES = {
    Kind.NEEDS: {"in": "InputData", "type": "DataCatalogType", "catalogue": "DataCatalog"},
    Kind.STORED: {"file": "OutputFile", "name": "LogicalFileName", "to": "StorageElement"},
}
"""The keys of lists of tables, and the attributes of the ads that they become; the first is needed in each."""

JOB_TYPES = {"normal": "Normal", "mpi": "MPICH", "interactive": "Interactive"}
"""Values of `type` and of JobType."""


def names_in(section: str) -> list[str]:
    """The keys directly in a section; those of the whole document for an empty name."""
    start = f"{section}." if section else ""
    return [name.removeprefix(start) for name in KEYS if name.startswith(start) and "." not in name.removeprefix(start)]
