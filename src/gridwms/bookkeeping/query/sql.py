"""A query as an SQL condition with bound parameters: no text of the query ever stands in the SQL.

Columns come from fixed tables only. Times are kept in microseconds and asked for in whole seconds, as ranges that an
index serves. Text must be compared by code points (SQLite's BINARY, PostgreSQL's "C" collation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gridwms.bookkeeping.query.attributes import Operator, Subject
from gridwms.bookkeeping.query.conditions import STATE_TIMES, Condition, Query, Value
from gridwms.bookkeeping.query.errors import Failure, QueryError
from gridwms.bookkeeping.query.predicate import is_time, job_value, normal
from gridwms.bookkeeping.status import JobStatus

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?")

JOB_COLUMNS: dict[str, str] = {
    name: name
    for name in (
        "jobid",
        "owner",
        "status",
        "location",
        "destination",
        "donecode",
        "resubmitted",
        "parent_job",
        "exitcode",
        "stateentertime",
        "lastupdatetime",
        "networkserver",
        "jobtype",
        "vm_status",
    )
} | {f"time:{state}": f"entered_{state}" for state in STATE_TIMES}
"""Attribute (with its state) to column, for jobs."""

EVENT_COLUMNS: dict[str, str] = {
    "time": "timestamp",
    "level": "level",
    "host": "host",
    "source": "source",
    "instance": "src_instance",
    "type": "type",
    "chkpt_tag": "chkpt_tag",
    "usertag:name": "tag_name",
    "usertag:value": "tag_value",
}
"""Attribute to column, for events; the names of tags are kept in lower case."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Where jobs, their tags and the attributes of their JDL are kept; all names are checked to be identifiers."""

    columns: Mapping[str, str] = field(default_factory=lambda: JOB_COLUMNS)
    job: str = "jobs.jobid"
    """What the two other tables refer to in their column `jobid`."""
    tags: str = "job_tags"
    """Columns jobid, name (lower case), value."""
    jdl: str = "job_jdl"
    """Columns jobid, name (lower case), value."""

    def __post_init__(self) -> None:
        for name in (*self.columns.values(), self.job, self.tags, self.jdl):
            if _IDENTIFIER.fullmatch(name) is None:
                raise ValueError(f"'{name[:80]}' is not the name of a table or column")


EVENTS = Tables(EVENT_COLUMNS)
JOBS = Tables()


@dataclass(frozen=True, slots=True)
class Fragment:
    """An SQL condition and the values of its parameters `:q0`, `:q1`, …"""

    text: str
    parameters: dict[str, Value]


def sql_of(query: Query, subject: Subject = Subject.JOBS, tables: Tables | None = None) -> Fragment:
    """The condition to stand after WHERE. Raises QueryError for what has no column."""
    tables = tables or (EVENTS if subject is Subject.EVENTS else JOBS)
    parameters: dict[str, Value] = {}

    def bind(value: Value | None) -> str:
        if value is None:
            raise QueryError(Failure.INVALID, "a condition without a value")
        name = f"q{len(parameters)}"
        parameters[name] = value
        return f":{name}"

    parts = [" OR ".join(_one(one, tables, bind, subject) for one in either) for either in query]
    return Fragment(" AND ".join(f"({part})" for part in parts), parameters)


def _one(one: Condition, tables: Tables, bind: Callable[[Value | None], str], subject: Subject) -> str:
    if one.operator is Operator.CHANGED:
        raise QueryError(Failure.INVALID, "'changed' is supported in notifications only")
    if one.attribute in ("usertag", "jdl") and subject is not Subject.EVENTS:
        table = tables.tags if one.attribute == "usertag" else tables.jdl
        name = bind(one.argument.lower())
        test = _test("value", one, bind)
        where = f"{table}.jobid = {tables.job} AND name = {name} AND {test}"
        return f"EXISTS (SELECT 1 FROM {table} WHERE {where})"  # noqa: S608 - checked names and parameters only
    if one.attribute == "usertag":
        name = bind(one.argument.lower())
        value = _test(_column(tables, "usertag:value"), one, bind)
        return f"({_column(tables, 'usertag:name')} = {name} AND {value})"
    stated = one.attribute == "time" and subject is not Subject.EVENTS
    return _test(_column(tables, f"time:{one.argument.lower()}" if stated else one.attribute), one, bind)


def _column(tables: Tables, attribute: str) -> str:
    column = tables.columns.get(attribute)
    if column is None:
        raise QueryError(Failure.UNSUPPORTED, f"{attribute} cannot be asked for here")
    return column


_SIGNS = {Operator.EQUAL: "=", Operator.UNEQUAL: "<>", Operator.LESS: "<", Operator.GREATER: ">"}


def _test(column: str, one: Condition, bind: Callable[[Value | None], str]) -> str:
    if is_time(one):
        return _moment(column, one, bind)
    if one.operator is Operator.WITHIN:
        return f"{column} BETWEEN {bind(normal(one))} AND {bind(one.upper)}"
    return f"{column} {_SIGNS[one.operator]} {bind(normal(one))}"


def _moment(column: str, one: Condition, bind: Callable[[Value | None], str]) -> str:
    """Whole seconds of a column in microseconds."""
    if not isinstance(one.value, int):
        raise QueryError(Failure.INVALID, "a time is compared with seconds since the epoch")
    first, last = one.value * 1_000_000, one.value * 1_000_000 + 999_999
    match one.operator:
        case Operator.EQUAL:
            return f"{column} BETWEEN {bind(first)} AND {bind(last)}"
        case Operator.UNEQUAL:
            return f"{column} NOT BETWEEN {bind(first)} AND {bind(last)}"
        case Operator.LESS:
            return f"{column} < {bind(first)}"
        case Operator.GREATER:
            return f"{column} > {bind(last)}"
        case _:
            upper = one.upper if isinstance(one.upper, int) else 0
            return f"{column} BETWEEN {bind(first)} AND {bind(upper * 1_000_000 + 999_999)}"


def job_row(status: JobStatus) -> dict[str, Value | None]:
    """The values of a job for the columns of `JOB_COLUMNS`; what it has not is None."""
    row: dict[str, Value | None] = {}
    for attribute, column in JOB_COLUMNS.items():
        name, _, argument = attribute.partition(":")
        row[column] = job_value(status, Condition(name, Operator.EQUAL, argument=argument))
    row["stateentertime"] = status.state_enter_time or None
    row["lastupdatetime"] = status.last_update_time or None
    for state in STATE_TIMES:
        seconds = row[f"entered_{state}"]
        row[f"entered_{state}"] = seconds * 1_000_000 if isinstance(seconds, int) else None
    return row
