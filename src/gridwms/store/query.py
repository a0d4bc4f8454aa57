"""The query language of L&B as SQL over our jobs, and over the jobs and events of other systems.

Attributes lead to columns that are named here; every value of a query is a bound parameter. What a job has not, no
condition holds for, not even `<>`: as L&B, and SQL, have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, not_, or_, select

from gridwms.bookkeeping.query.attributes import Operator
from gridwms.bookkeeping.query.conditions import STATE_TIMES, Condition, Query
from gridwms.bookkeeping.query.predicate import compares, is_time, normal
from gridwms.bookkeeping.states import JOB_TYPE_NUMBERS, DoneCode, JobType, StateCode
from gridwms.jobs.states import State
from gridwms.store.lb_jobs import LONGEST
from gridwms.store.remarks import SEARCHED
from gridwms.store.tables import (
    attempts,
    compounds,
    description_tags,
    events,
    job_tags,
    jobs,
    lb_events,
    lb_jobs,
    lb_tags,
)

Test = Callable[[Condition], ColumnElement[bool]]
MICROSECONDS, SECONDS = 1_000_000, 1


def where(query: Query, tests: Mapping[str, Test]) -> ColumnElement[bool]:
    """The condition of a query, without the part that has no columns (`beyond`)."""
    parts = [or_(*(tests[one.attribute](one) for one in either)) for either in query if either[0].attribute in tests]
    return and_(literal(value=True), *parts)


def beyond(query: Query, tests: Mapping[str, Test]) -> Query:
    """The part of a query that has no columns: it has to be held against job by job."""
    return tuple(either for either in query if either[0].attribute not in tests)


def compare(column: Any, one: Condition, value: Any = None) -> ColumnElement[bool]:
    """A condition on a text or a number; `value` in the place of the one of the condition."""
    wanted = normal(one) if value is None else value
    match one.operator:
        case Operator.EQUAL:
            found = column == wanted
        case Operator.UNEQUAL:
            found = column != wanted
        case Operator.LESS:
            found = column < wanted
        case Operator.GREATER:
            found = column > wanted
        case Operator.WITHIN:
            found = column.between(wanted, one.upper)
        case _:
            found = false()
    return found  # type: ignore[no-any-return]


def moment(column: Any, one: Condition, unit: int) -> ColumnElement[bool]:
    """A condition on a time in parts of a second (`unit` a second), asked for in whole seconds, as ranges."""
    if not isinstance(one.value, int):
        return false()
    begin, end = one.value * unit, (one.value + 1) * unit
    match one.operator:
        case Operator.EQUAL:
            found = and_(column >= begin, column < end)
        case Operator.UNEQUAL:
            found = or_(column < begin, column >= end)
        case Operator.LESS:
            found = column < begin
        case Operator.GREATER:
            found = column >= end
        case Operator.WITHIN if isinstance(one.upper, int):
            found = and_(column >= begin, column < (one.upper + 1) * unit)
        case _:
            found = false()
    return found


def _named(column: Any, longest: int | None = None) -> Test:
    def test(one: Condition) -> ColumnElement[bool]:
        if is_time(one):
            return moment(column, one, MICROSECONDS)
        value = normal(one)
        return compare(column, one, value[:longest] if isinstance(value, str) and longest else value)

    return test


def _state(one: Condition) -> ColumnElement[bool]:
    names = [state.name for state in StateCode if compares(one, int(state)) and state.name in State.__members__]
    return jobs.c.state.in_(names)


def _done_code(one: Condition) -> ColumnElement[bool]:
    return jobs.c.done_code.in_([code.name for code in DoneCode if compares(one, int(code))])


def _job_type(one: Condition) -> ColumnElement[bool]:
    return literal(compares(one, JOB_TYPE_NUMBERS[JobType.SIMPLE]))


def _destination(one: Condition) -> ColumnElement[bool]:
    newest = (
        select(attempts.c.ce)
        .where(attempts.c.job == jobs.c.number)
        .order_by(attempts.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return compare(newest, one)


def _entered(one: Condition) -> ColumnElement[bool]:
    state = one.argument.upper()
    last = (
        select(func.max(events.c.time)).where(events.c.job == jobs.c.number, events.c.state == state).scalar_subquery()
    )
    return moment(last, one, SECONDS)


def _updated(one: Condition) -> ColumnElement[bool]:
    last = select(func.max(events.c.time)).where(events.c.job == jobs.c.number).scalar_subquery()
    return moment(last, one, SECONDS)


def _tag(one: Condition) -> ColumnElement[bool]:
    """What was said later counts; else what the description has."""
    name, value = one.argument.lower(), str(one.value)[:SEARCHED]
    said = and_(job_tags.c.job == jobs.c.number, job_tags.c.name == name)
    described = and_(description_tags.c.digest == jobs.c.description, description_tags.c.name == name)
    return or_(
        exists().where(said, compare(job_tags.c.search, one, value)),
        and_(exists().where(described, compare(description_tags.c.search, one, value)), not_(exists().where(said))),
    )


def _parent(one: Condition) -> ColumnElement[bool]:
    return compare(select(compounds.c.key).where(compounds.c.number == jobs.c.parent).scalar_subquery(), one)


OWN: Mapping[str, Test] = {
    "jobid": lambda one: compare(jobs.c.key, one),
    "owner": _named(jobs.c.owner),
    "status": _state,
    "destination": _destination,
    "donecode": _done_code,
    "usertag": _tag,
    "time": _entered,
    "resubmitted": lambda one: compare(case((jobs.c.deep_count + jobs.c.shallow_count > 0, 1), else_=0), one),
    "exitcode": lambda one: compare(func.coalesce(jobs.c.exit_code, 0), one),
    "stateentertime": lambda one: moment(jobs.c.state_since, one, SECONDS),
    "lastupdatetime": _updated,
    "jobtype": _job_type,
    "parent_job": _parent,
}
"""Our own jobs, nodes too; `jobid` and `parent_job` are asked for by key."""


def _whole_state(one: Condition) -> ColumnElement[bool]:
    names = [state.name for state in StateCode if compares(one, int(state)) and state.name in State.__members__]
    return compounds.c.state.in_(names)


def _whole_type(one: Condition) -> ColumnElement[bool]:
    kind = case((compounds.c.kind == "dag", JOB_TYPE_NUMBERS[JobType.DAG]), else_=JOB_TYPE_NUMBERS[JobType.COLLECTION])
    return compare(kind, one)


COMPOUNDS: Mapping[str, Test] = {
    "jobid": lambda one: compare(compounds.c.key, one),
    "owner": _named(compounds.c.owner),
    "status": _whole_state,
    "donecode": lambda one: compounds.c.done_code.in_([code.name for code in DoneCode if compares(one, int(code))]),
    "stateentertime": lambda one: moment(compounds.c.state_since, one, SECONDS),
    "jobtype": _whole_type,
    "destination": lambda _one: false(),
    "parent_job": lambda _one: false(),
}
"""Our compounds."""


def _foreign_tag(one: Condition) -> ColumnElement[bool]:
    said = and_(lb_tags.c.job == lb_jobs.c.number, lb_tags.c.name == one.argument.lower()[:LONGEST])
    return exists().where(said, compare(lb_tags.c.value, one, str(one.value)[:LONGEST]))


_ENTERED = {state: lb_jobs.c[f"entered_{state}"] for state in STATE_TIMES}


def _foreign_entered(one: Condition) -> ColumnElement[bool]:
    return moment(_ENTERED[one.argument.lower()], one, MICROSECONDS)


OTHERS: Mapping[str, Test] = {
    "jobid": _named(lb_jobs.c.jobid),
    "owner": _named(lb_jobs.c.owner, LONGEST),
    "status": _named(lb_jobs.c.status),
    "location": _named(lb_jobs.c.location, LONGEST),
    "destination": _named(lb_jobs.c.destination, LONGEST),
    "donecode": _named(lb_jobs.c.donecode),
    "usertag": _foreign_tag,
    "time": _foreign_entered,
    "resubmitted": _named(lb_jobs.c.resubmitted),
    "parent_job": _named(lb_jobs.c.parent_job, LONGEST),
    "exitcode": _named(lb_jobs.c.exitcode),
    "stateentertime": _named(lb_jobs.c.stateentertime),
    "lastupdatetime": _named(lb_jobs.c.lastupdatetime),
    "networkserver": _named(lb_jobs.c.networkserver, LONGEST),
    "jobtype": _named(lb_jobs.c.jobtype),
    "vm_status": _named(lb_jobs.c.vm_status),
}
"""Jobs of other systems; of a JDL nothing stands in columns."""


def _event_tag(one: Condition) -> ColumnElement[bool]:
    return and_(
        lb_events.c.name == one.argument.lower()[:LONGEST], compare(lb_events.c.value, one, str(one.value)[:LONGEST])
    )


EVENTS: Mapping[str, Test] = {
    "time": _named(lb_events.c.timestamp),
    "level": _named(lb_events.c.level),
    "host": _named(lb_events.c.host, LONGEST),
    "source": _named(lb_events.c.source),
    "instance": _named(lb_events.c.instance, LONGEST),
    "type": _named(lb_events.c.type),
    "usertag": _event_tag,
    "chkpt_tag": lambda one: and_(
        lb_events.c.name.is_(None), compare(lb_events.c.value, one, str(one.value)[:LONGEST])
    ),
}
"""Events of jobs of other systems."""
