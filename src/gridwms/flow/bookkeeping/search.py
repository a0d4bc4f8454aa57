"""Questions in the query language of L&B: which jobs, or which events, of ours and of other systems.

Answers come in pages, the newest first, ours before those of other systems. A page ends when it is full, or when its
time is up: then it says that it is not whole, and where to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, literal

from gridwms.bookkeeping import jobid
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.query.attributes import Operator
from gridwms.bookkeeping.query.conditions import Condition, Query
from gridwms.bookkeeping.query.predicate import is_time, matches, matches_event
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.subjects import normal_subject
from gridwms.classad import ClassAdSyntaxError, Literal, parse_ad, unparse
from gridwms.flow.bookkeeping.named import Named, booked, named, own_key
from gridwms.flow.bookkeeping.pages import COMPOUNDS, OTHERS, OWN, Pages
from gridwms.flow.bookkeeping.settle import settle
from gridwms.flow.bookkeeping.show import booked_statuses, own_events, status
from gridwms.flow.status import JobView, compound_views, held, held_job, views_of
from gridwms.flow.task import job_url
from gridwms.flow.world import World
from gridwms.rights.names import Right
from gridwms.security.identity import Identity
from gridwms.security.policy import Action, Decision, JobsOf, Object, OneJob
from gridwms.store import jobs as rows
from gridwms.store import lb_jobs, search, statistics
from gridwms.store import query as sql
from gridwms.store.lb_events import BookedEvent
from gridwms.store.statistics import first_cursor

T = TypeVar("T")
HARD_LIMIT = 10_000
"""The most that one page holds, whatever is asked for."""
_SETTLED = 500
"""Jobs of other systems that a question brings up to date before it looks; if there are more, the answer says so."""
_AT_ONCE = 1000
_LATER = frozenset({Operator.GREATER, Operator.EQUAL, Operator.WITHIN})
_LOOKED_AT = 50
"""Jobs of ours that are looked at one by one between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what the policy says to it."""

    identity: Identity
    judge: Callable[[Action, Object], Decision]

    @property
    def sees_all(self) -> bool:
        """Whether jobs of everybody may be among those that are found."""
        return self.judge(Action.LIST, JobsOf(owner="")).yes

    @property
    def vos(self) -> list[str]:
        """The VOs whose jobs may be among them, as far as rules name them in full."""
        rights = (Right.QUERY_OTHERS, Right.STATUS_OTHERS)
        rules = [rule for right in rights for rule in self.identity.verdict.allowed.get(right, ())]
        return sorted({one.parts[0] for rule in rules for one in rule.of_vo if one.exact})


@dataclass(frozen=True, slots=True)
class Found:
    """A job that was asked for, as far as its row tells. `ours`: false for jobs of other systems."""

    status: JobStatus
    ours: bool


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A page. `next`: what to give as `after` for what is behind it, "" at the end.

    `whole`: it is full, or the end; else its time was up. `behind`: so many jobs of other systems at least have events
    that could not be looked at yet.
    """

    found: tuple[T, ...]
    next: str
    whole: bool
    behind: int


def find_jobs(world: World, asker: Asker, query: Query, *, after: str = "", limit: int = 100) -> Answer[Found]:
    """The jobs that a query asks for and the caller may see the status of. Raises BadCursor."""
    behind = _catch_up(world)
    pages = Pages(world.database, min(limit, HARD_LIMIT), after)
    top, other_top, _events = world.database.read(search.newest)
    found: list[Found] = []
    for numbers in _own(world, asker, pages, query, top):
        told = _permitted(world, asker, Action.STATUS, _jobs(world, numbers))
        found += [Found(one, ours=True) for one in _matching(world, query, told, sql.OWN)]
        pages.held = len(found)
    for numbers in _compounds(world, asker, pages, query, top):
        told = _permitted(world, asker, Action.STATUS, compound_views(world, numbers))
        found += [Found(one, ours=True) for one in _matching(world, query, told, sql.COMPOUNDS)]
        pages.held = len(found)
    condition, rest = and_(sql.where(_of_others(query), sql.OTHERS), _seen_by(asker)), sql.beyond(query, sql.OTHERS)
    others = pages.walk(
        OTHERS, other_top, lambda c, low, high, n: search.other_jobs(c, condition, low, high, n), _itself
    )
    for numbers in others:
        by_number = world.database.read(lambda connection: booked_statuses(connection, numbers))  # noqa: B023
        statuses = [by_number[number] for number in numbers]
        may = _may(world, asker, Action.STATUS, {one.job_id for one in statuses})
        found += [Found(one, ours=False) for one in statuses if one.job_id in may and matches(rest, one, jdl_of)]
        pages.held = len(found)
    return Answer(tuple(found), pages.cursor, pages.whole, behind)


def find_events(
    world: World, asker: Asker, query: Query, events: Query, *, after: str = "", limit: int = 100
) -> Answer[Event]:
    """The events that `events` asks for, of the jobs that `query` asks for and the caller may read. Raises BadCursor.

    Those of one job of ours come together, so a page may hold more than `limit` by the events of one job.
    """
    behind = _catch_up(world)
    pages = Pages(world.database, min(limit, HARD_LIMIT), after)
    top, _others, event_top = world.database.read(search.newest)
    found: list[Event] = []
    for numbers in _own(world, asker, pages, query, top, events):
        told = _matching(world, query, _permitted(world, asker, Action.READ, _jobs(world, numbers)), sql.OWN)
        found += _own_events(world, events, told)
        pages.held = len(found)
    for numbers in _compounds(world, asker, pages, query, top):
        views = _permitted(world, asker, Action.READ, compound_views(world, numbers))
        found += _own_events(world, events, _matching(world, query, views, sql.COMPOUNDS))
        pages.held = len(found)
    condition = and_(sql.where(_of_others(query), sql.OTHERS), sql.where(events, sql.EVENTS), _seen_by(asker))
    rest = sql.beyond(query, sql.OTHERS)
    others = pages.walk(
        OTHERS,
        event_top,
        lambda c, low, high, n: search.other_events(c, condition, low, high, n),
        lambda one: one[1].number,
    )
    for some in others:
        may = _may(world, asker, Action.READ, set(map(itemgetter(0), some)))
        if rest:
            may = {name for name in may if matches(rest, status(world, Named(name)), jdl_of)}
        found += [_dated(one) for name, one in some if name in may]
        pages.held = len(found)
    return Answer(tuple(found), pages.cursor, pages.whole, behind)


def _own_events(world: World, events: Query, statuses: Sequence[JobStatus]) -> list[Event]:
    keys = [named(world, one.job_id).key for one in statuses]
    by_key = own_events(world, keys)
    return [event for key in keys for event in by_key[key] if matches_event(events, event)]


def places(world: World, begin: float, end: float) -> list[statistics.Place]:
    """What came to pass at each destination from one time to another."""
    _catch_up(world)

    def work(connection: Connection) -> list[statistics.Place]:
        return [*statistics.of_ours(connection, begin, end), *statistics.of_others(connection, begin, end)]

    return world.database.read(work)


def _catch_up(world: World) -> int:
    settle(world.database, _SETTLED)
    return len(world.database.read(lambda connection: lb_jobs.marked(connection, 1000)))


def _itself(number: int) -> int:
    return number


def _dated(one: BookedEvent) -> Event:
    return replace(one.event, arrived=one.arrived)


def _own(
    world: World, asker: Asker, pages: Pages, query: Query, top: int, events: Query | None = None
) -> Iterator[list[int]]:
    """Row numbers of our jobs for which the part of the query holds that has columns; `events`: that may have such.

    What is asked for since some time was logged since then: that leaves most jobs out at little cost.
    """
    condition = sql.where(_of_ours(world, query), sql.OWN)
    since = max(map(_since, (*query, *(events or ()))), default=0.0)
    if since > 0:
        cursor = world.database.read(lambda connection: first_cursor(connection, since))
        condition = and_(condition, search.touched(cursor))
    if not asker.sees_all:
        condition = and_(condition, search.visible(asker.identity.subject, _group_names(asker.identity), asker.vos))
    return pages.walk(
        OWN,
        top,
        lambda connection, low, high, n: search.own_jobs(connection, condition, low, high, n),
        _itself,
        _LOOKED_AT if events is not None or sql.beyond(query, sql.OWN) else _AT_ONCE,
    )


def _compounds(world: World, asker: Asker, pages: Pages, query: Query, top: int) -> Iterator[list[int]]:
    """Row numbers of our compounds for which the part of the query holds that has columns."""
    condition = sql.where(_of_ours(world, query), sql.COMPOUNDS)
    if not asker.sees_all:
        condition = and_(
            condition, search.visible_compounds(asker.identity.subject, _group_names(asker.identity), asker.vos)
        )
    return pages.walk(
        COMPOUNDS,
        top,
        lambda connection, low, high, n: search.own_compounds(connection, condition, low, high, n),
        _itself,
        _LOOKED_AT,
    )


def _since(either: Sequence[Condition]) -> float:
    """What holds of a job by one of these conditions was logged at this time or later; 0 when that cannot be said."""
    times = [
        float(one.value) if is_time(one) and one.operator in _LATER and isinstance(one.value, int) else 0.0
        for one in either
    ]
    return min(times)


def _of_ours(world: World, query: Query) -> Query:
    """The query with the ids of our jobs as their keys."""
    return _with_ids(query, lambda text: own_key(world, text))


def _of_others(query: Query) -> Query:
    """The query with the ids of jobs as they are kept."""

    def kept(text: str) -> str:
        try:
            return str(jobid.parse(text))
        except jobid.BadId:
            return text

    return _with_ids(query, kept)


def _with_ids(query: Query, change: Callable[[str], str]) -> Query:
    def one(condition: Condition) -> Condition:
        if condition.attribute in ("jobid", "parent_job") and isinstance(condition.value, str):
            return replace(condition, value=change(condition.value))
        return condition

    return tuple(tuple(map(one, either)) for either in query)


def _group_names(identity: Identity) -> list[str]:
    """How the entries of access lists may name the groups of somebody."""
    names = list(identity.groups)
    for fqan in identity.groups:
        group = fqan.split("/Role=")[0].split("/Capability=")[0].strip("/")
        vo = group.partition("/")[0]
        names += [f"/{group}", f"{vo}:", f"{vo}:{group}", f"{vo}:/{group}"]
    return names


def _seen_by(asker: Asker) -> ColumnElement[bool]:
    """Jobs of other systems that the caller may perhaps see."""
    if asker.sees_all:
        return literal(value=True)
    return search.visible_others(normal_subject(asker.identity.subject))


def _jobs(world: World, numbers: Sequence[int]) -> list[JobView]:
    stored = world.database.read(lambda connection: rows.load_numbers(connection, numbers))
    return views_of(world, sorted(stored.values(), key=lambda pair: -pair[0]))


def _permitted(world: World, asker: Asker, action: Action, views: Sequence[JobView]) -> list[JobStatus]:
    """Those of our jobs to which the caller may do `action`, as their rows tell."""
    known = held(world, [view.key for view in views])
    return [_brief(world, view) for view in views if asker.judge(action, held_job(view.key, known[view.key])).yes]


def _may(world: World, asker: Asker, action: Action, names: set[str]) -> set[str]:
    """Those of these jobs of other systems to which the caller may do `action`."""
    known = booked(world, names)
    subject = asker.identity.subject
    return {
        name
        for name, job in known.items()
        if asker.judge(action, OneJob(key=name, owner=job.owner_for(subject), access=job.access)).yes
    }


def _matching(
    world: World, query: Query, statuses: Sequence[JobStatus], tests: Mapping[str, sql.Test]
) -> list[JobStatus]:
    """Those of our jobs for which the rest of the query holds."""
    rest = sql.beyond(query, tests)
    if not rest:
        return list(statuses)
    return [one for one in statuses if matches(rest, status(world, named(world, one.job_id)), jdl_of)]


_KINDS = {"dag": JobType.DAG, "collection": JobType.COLLECTION, "parametric": JobType.COLLECTION}


def _brief(world: World, view: JobView) -> JobStatus:
    return JobStatus(
        job_id=job_url(world, view.key),
        owner=view.owner,
        state=StateCode[view.state.name],
        jobtype=_KINDS.get(view.kind, JobType.SIMPLE),
        parent_job=view.parent or None,
        done_code=DoneCode[view.done_code.name] if view.done_code else None,
        exit_code=view.exit_code or 0,
        destination=view.ce or None,
        ce_node=view.node or None,
        network_server=world.settings.base_url,
        reason=view.reason.sentence if view.reason else None,
        resubmitted=bool(view.deep_count or view.shallow_count),
        user_tags=view.user_tags,
        state_enter_time=round(view.state_since * 1_000_000),
    )


def jdl_of(job: JobStatus) -> Mapping[str, str]:
    """The attributes of a job's JDL, names in lower case; strings without their quotes, other values as they print."""
    return _attributes(job.jdl) if job.jdl else {}


@lru_cache(maxsize=256)
def _attributes(text: str) -> Mapping[str, str]:
    try:
        ad = parse_ad(text)
    except ClassAdSyntaxError:
        return {}
    return {
        name.lower(): value.value if isinstance(value, Literal) and isinstance(value.value, str) else unparse(value)
        for name, value in ad.items()
    }
