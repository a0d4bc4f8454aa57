"""Jobs of other systems as rows: how far the state machine has come with each, and what can be asked for."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from gridwms.bookkeeping.access.acl import NOBODY, Acl, acl_data, read_acl
from gridwms.bookkeeping.collection import COMPUTED, Children, parent_state
from gridwms.bookkeeping.machine.codec import UnreadableProgress, progress_data, read_progress
from gridwms.bookkeeping.machine.record import Progress
from gridwms.bookkeeping.query.conditions import STATE_TIMES
from gridwms.bookkeeping.states import JOB_TYPE_NUMBERS, DoneCode, JobType, StateCode
from gridwms.bookkeeping.subjects import normal_subject
from gridwms.store import bulk
from gridwms.store.sets import chunks
from gridwms.store.tables import lb_jobs, lb_pending

LONGEST = 500
"""Characters of a text in a column that is asked for."""

Standing = tuple[StateCode, DoneCode | None]
_OWN_ENDS = frozenset({StateCode.CANCELLED, StateCode.CLEARED})
_NOTHING = (0,) * len(StateCode)


@dataclass(slots=True)
class BookedJob:
    """One job. `number`: of its row. `seen`: up to which event its progress goes; -1: it must be computed anew."""

    number: int
    jobid: str
    progress: Progress = field(default_factory=Progress)
    seen: int = 0
    states: tuple[int, ...] = _NOTHING
    """How many known children are in which state."""
    done_ok: int = 0
    acl: Acl = NOBODY

    @property
    def children(self) -> Children:
        """Its children, counted."""
        return Children(self.progress.memory.fields.get("children_num", 0), self.states, self.done_ok)

    @property
    def standing(self) -> Standing | None:
        """State and done code, for a parent as its children make them; None before the registration.

        A parent whose children are not all known, or that was ended itself, is where its own events have it.
        """
        memory = self.progress.memory
        kind = memory.jobtype
        if kind is None:
            return None
        state = memory.state
        if kind in COMPUTED and state not in _OWN_ENDS:
            children = self.children
            if 0 < children.number <= children.known:
                state = parent_state(children, kind)
                return state, DoneCode.OK if state is StateCode.DONE else None
        return state, memory.fields.get("done_code")


def numbers(connection: Connection, jobids: Collection[str]) -> dict[str, int]:
    """The row numbers of the jobs with these ids, as far as they are there."""
    found: dict[str, int] = {}
    for chunk in chunks(jobids):
        found |= {row.jobid: row.number for row in connection.execute(_NUMBERS, {"names": chunk})}
    return found


_NUMBERS = select(lb_jobs.c.jobid, lb_jobs.c.number).where(lb_jobs.c.jobid.in_(bindparam("names", expanding=True)))


def load(connection: Connection, jobids: Collection[str]) -> dict[str, BookedJob]:
    """The jobs with these ids, as far as they are there; those that are not registered yet too."""
    return _load(connection, _COLUMNS.where(lb_jobs.c.jobid.in_(bindparam("names", expanding=True))), jobids)


def load_numbers(connection: Connection, wanted: Collection[int]) -> dict[str, BookedJob]:
    """The same by row number; the result is by id."""
    return _load(connection, _COLUMNS.where(lb_jobs.c.number.in_(bindparam("names", expanding=True))), wanted)


def children_of(connection: Connection, jobid: str, limit: int) -> list[BookedJob]:
    """The children of a parent, as they were registered."""
    query = _COLUMNS.where(lb_jobs.c.parent_job == cut(jobid)).order_by(lb_jobs.c.number).limit(limit)
    return [_read(row) for row in connection.execute(query)]


def _load(connection: Connection, query: Select[Any], names: Collection[Any]) -> dict[str, BookedJob]:
    found: dict[str, BookedJob] = {}
    for chunk in chunks(names):
        found |= {row.jobid: _read(row) for row in connection.execute(query, {"names": chunk})}
    return found


_COLUMNS = select(
    lb_jobs.c.number, lb_jobs.c.jobid, lb_jobs.c.progress, lb_jobs.c.seen, lb_jobs.c.children, lb_jobs.c.access
)


def _read(row: Any) -> BookedJob:
    job = BookedJob(row.number, row.jobid)
    if row.progress:
        # What another version wrote says nothing: the job is computed anew from its events.
        try:
            job.progress, job.seen = read_progress(json.loads(row.progress)), row.seen
        except UnreadableProgress:
            job.seen = -1
    if row.children:
        states, job.done_ok = json.loads(row.children)
        job.states = tuple(states)
    if row.access:
        job.acl = read_acl(json.loads(row.access))
    return job


def add(connection: Connection, jobids: Collection[str]) -> dict[str, int]:
    """Make rows for new jobs, of which nothing is known yet; their numbers."""
    if not jobids:
        return {}
    # Writers take turns, so nobody else takes these numbers.
    first = (connection.execute(select(func.max(lb_jobs.c.number))).scalar() or 0) + 1
    made = {jobid: number for number, jobid in enumerate(jobids, start=first)}
    bulk.insert(connection, "lb_jobs", _NEW, [(number, jobid, 0, "", 0) for jobid, number in made.items()])
    return made


_NEW = ("number", "jobid", "status", "progress", "seen")


def mark(connection: Connection, jobs: Collection[int]) -> None:
    """These jobs have events that their rows do not know."""
    bulk.insert(connection, "lb_pending", ("job",), [(number,) for number in jobs], missing=True)


def marked(connection: Connection, limit: int, jobids: Collection[str] | None = None) -> list[int]:
    """Row numbers of jobs with events that their rows do not know: the ones among `jobids`, or some."""
    if jobids is None:
        return list(connection.scalars(select(lb_pending.c.job).order_by(lb_pending.c.job).limit(limit)))
    found: list[int] = []
    join = lb_pending.join(lb_jobs, lb_pending.c.job == lb_jobs.c.number)
    for chunk in chunks(jobids):
        found += connection.scalars(select(lb_pending.c.job).select_from(join).where(lb_jobs.c.jobid.in_(chunk)))
    return found[:limit]


def unmark(connection: Connection, jobs: Collection[int]) -> None:
    """The rows of these jobs know all their events now."""
    bulk.run_on(connection, "DELETE FROM lb_pending WHERE job {among}", jobs)


def save(connection: Connection, jobs: Iterable[BookedJob]) -> None:
    """Write jobs as they are now."""
    bulk.update(connection, "lb_jobs", _SAVED, ("number",), [_row(job) for job in jobs])


def set_tags(connection: Connection, tags: Mapping[int, Mapping[str, str]]) -> None:
    """These are the user tags of jobs now, by the job's row number."""
    bulk.run_on(connection, "DELETE FROM lb_tags WHERE job {among}", tags)
    rows = {(job, cut(name)): cut(value) for job, pairs in tags.items() for name, value in pairs.items()}
    bulk.insert(connection, "lb_tags", ("job", "name", "value"), [(*key, value) for key, value in rows.items()])


def cut(text: str | None) -> str | None:
    """A text as it stands in a column that is asked for."""
    return text if text is None or len(text) <= LONGEST else text[:LONGEST]


_SAVED = (
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
    "progress",
    "seen",
    "children",
    "access",
    *(f"entered_{state}" for state in STATE_TIMES),
)
_NO_TIMES = (0,) * len(StateCode)


def _row(job: BookedJob) -> bulk.Row:
    memory = job.progress.memory
    get = memory.fields.get
    kind: JobType | None = get("jobtype")
    state, done_code = job.standing or (StateCode.UNDEFINED, None)
    machine, owner = get("machine"), get("owner")
    return (
        None if owner is None else cut(normal_subject(owner)),
        int(state),
        cut(get("location")),
        cut(get("destination")),
        None if done_code is None else int(done_code),
        int(get("resubmitted", False)),
        cut(get("parent_job")),
        get("exit_code", 0),
        get("state_enter_time") or None,
        get("last_update_time") or None,
        cut(get("network_server")),
        None if kind is None else JOB_TYPE_NUMBERS[kind],
        None if machine is None or machine.state is None else machine.state.value,
        json.dumps(progress_data(job.progress), separators=(",", ":"), ensure_ascii=False),
        job.seen,
        json.dumps((job.states, job.done_ok)) if any(job.states) else None,
        json.dumps(acl_data(job.acl)) if job.acl.entries else None,
        *(time * 1_000_000 or None for time in get("state_enter_times", _NO_TIMES)[1:]),
        job.number,
    )
