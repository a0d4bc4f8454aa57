"""The event log: appended in sets, read by job or from a cursor on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, bindparam, func, select

from gridwms.jobs.codec import Form, event_text, event_texts, form_of
from gridwms.jobs.events import Event
from gridwms.jobs.job import Job
from gridwms.store import bulk
from gridwms.store.beginnings import of_nodes
from gridwms.store.logged import LOGGED, Logged, read_logged
from gridwms.store.sets import chunks
from gridwms.store.tables import compounds, events, jobs

_KNOWN = select(events.c.job, events.c.id).where(events.c.job.in_(bindparam("numbers", expanding=True)))


def known(connection: Connection, wanted: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these (job number, event id) are in the log."""
    ids_by_job: dict[int, set[str]] = {}
    for number, ident in wanted:
        ids_by_job.setdefault(number, set()).add(ident)
    found: set[tuple[int, str]] = set()
    for numbers in chunks(ids_by_job):
        rows = connection.execute(_KNOWN, {"numbers": numbers})
        found |= {(job, ident) for job, ident in rows if ident in ids_by_job[job]}
    return found


def known_of_compound(connection: Connection, compound: int, idents: Collection[str]) -> set[str]:
    """Which of these events of a compound are in the log."""
    found: set[str] = set()
    for chunk in chunks(idents):
        query = select(events.c.id).where(events.c.compound == compound, events.c.id.in_(chunk))
        found |= set(connection.scalars(query))
    return found


Entry = tuple[int, Event, Form]
"""The row number of a job, or of a compound, an event, and its form."""


class Block(NamedTuple):
    """The same event of many jobs. `ids`: one for all, or one for each; `data`: the same."""

    numbers: Sequence[int]
    ids: str | Sequence[str]
    data: str | Sequence[str]
    form: Form

    def names(self) -> Iterator[tuple[int, str]]:
        """Row number and event id of each."""
        return zip(self.numbers, repeat(self.ids) if isinstance(self.ids, str) else self.ids, strict=False)


def block_of(
    numbers: Sequence[int], ids: str | Sequence[str], event: Event, form: Form, values: Sequence[str] | None = None
) -> Block:
    """An event of these jobs. `values`: what each brings for itself."""
    if values is not None:
        return Block(numbers, ids, event_texts(event, values), form)
    return Block(numbers, ids, event_text(event) if form.data is None else form.data, form)


def append(connection: Connection, new: Sequence[Entry | Block], arrived: float) -> None:
    """Add events of jobs in this order."""
    rows: list[bulk.Row] = []

    def flush() -> None:
        bulk.insert(connection, "events", ("job", *_COLUMNS), rows)
        rows.clear()

    for one in new:
        if not isinstance(one, Block):
            rows.append(_row(one, arrived))
        elif len(one.numbers) < _ALIKE:
            rows += _rows_of(one, arrived)
        else:
            flush()
            _append_block(connection, one, arrived)
    flush()


def _rows_of(block: Block, arrived: float) -> Iterator[bulk.Row]:
    """A few events that are alike as rows among others: a statement of their own would cost more than it saves."""
    numbers, ids, data, form = block
    for place, number in enumerate(numbers):
        ident = ids if isinstance(ids, str) else ids[place]
        text = data if isinstance(data, str) else data[place]
        yield number, ident, arrived, text, *form[1:]


def _append_block(connection: Connection, block: Block, arrived: float) -> None:
    numbers, ids, data, form = block
    same, shared = ["arrived", *Form._fields[1:]], [arrived, *form[1:]]
    own, columns = ["job"], [cast("Sequence[Any]", numbers)]
    for name, value in (("id", ids), ("data", data)):
        if isinstance(value, str):
            same.append(name)
            shared.append(value)
        else:
            own.append(name)
            columns.append(value)
    bulk.insert_like(connection, "events", tuple(same), tuple(shared), tuple(own), columns)


def append_compound(connection: Connection, new: Sequence[Entry], arrived: float) -> None:
    """The same for compounds."""
    bulk.insert(connection, "events", ("compound", *_COLUMNS), [_row(one, arrived) for one in new])


_COLUMNS = ("id", "arrived", "data", "type", "source", "attempt", "time", "state", "done_code")


def _row(new: Entry, arrived: float) -> bulk.Row:
    number, event, form = new
    return (number, event.id, arrived, event_text(event) if form.data is None else form.data, *form[1:])


History = Sequence[tuple[Event, Job]]
"""Events from the registration on, each with the job after it."""


def append_like(connection: Connection, new: Sequence[tuple[int, str, History]], arrived: float) -> None:
    """Add the first events of jobs, each by row number, key and what happened to one like it but for its key."""
    alike: dict[int, tuple[History, list[int], list[str]]] = {}
    for number, key, history in new:
        group = alike.setdefault(id(history), (history, [], []))
        group[1].append(number)
        group[2].append(key)
    if len(alike) * _ALIKE <= len(new):
        for history, numbers, keys in alike.values():
            for event, job in history:
                _append_same(connection, event, job, numbers, keys, arrived)
        return
    forms = {name: [_form(event, job) for event, job in history] for name, (history, _, _) in alike.items()}
    rows = [
        (number, ident, arrived, key.join(text), *form[1:])
        for number, key, history in new
        for ident, text, form in forms[id(history)]
    ]
    bulk.insert(connection, "events", ("job", *_COLUMNS), rows)


_ALIKE = 4
"""Where so many are alike on average, what they share is given to the database once."""


def _append_same(
    connection: Connection, event: Event, job: Job, numbers: Sequence[int], keys: Sequence[str], arrived: float
) -> None:
    """Add an event that happened to all of these."""
    ident, text, form = _form(event, job)
    if len(text) > 1:
        before, after = text
        data: str | list[str] = [f"{before}{key}{after}" for key in keys]
    else:
        data = text[0]
    _append_block(connection, Block(numbers, ident, data, form), arrived)


def _form(event: Event, job: Job) -> tuple[str, Sequence[str], Form]:
    """Id of an event, its data, cut where the key of the job stands, and its form."""
    name, text = '"key":"', event_text(event)
    before, found, after = text.partition(f'{name}{job.key}"')
    return event.id, (before + name, '"' + after) if found else (text,), form_of(event, job)


def of_job(connection: Connection, key: str) -> list[Logged]:
    """The log of one job, or of one compound, in the order of arrival; empty when there is none."""
    return of_jobs(connection, [key]).get(key, [])


def of_jobs(connection: Connection, keys: Collection[str]) -> dict[str, list[Logged]]:
    """The same of many, by key. The log of a node begins with what its compound's lists say of it."""
    found: dict[str, list[Logged]] = {}
    nodes: dict[int, dict[int, str]] = defaultdict(dict)
    single: list[int] = []
    for chunk in chunks(keys):
        for number, key, parent in connection.execute(_JOBS, {"names": chunk}):
            found[key] = []
            single.append(number)
            if parent is not None:
                nodes[parent][number - parent] = key
    for parent, keys_of in nodes.items():
        found |= {keys_of[node]: list(first) for node, first in of_nodes(connection, parent, keys_of).items()}
    whole: list[int] = []
    for chunk in chunks([key for key in keys if key not in found]):
        for number, key in connection.execute(_COMPOUNDS, {"names": chunk}):
            found[key] = []
            whole.append(number)
    for column, numbers in ((events.c.job, single), (events.c.compound, whole)):
        for few in chunks(numbers):
            for row in connection.execute(LOGGED.where(column.in_(few)).order_by(events.c.cursor)):
                found[row.key].append(read_logged(row))
    return found


_JOBS = select(jobs.c.number, jobs.c.key, jobs.c.parent).where(jobs.c.key.in_(bindparam("names", expanding=True)))
_COMPOUNDS = select(compounds.c.number, compounds.c.key).where(compounds.c.key.in_(bindparam("names", expanding=True)))


def last_cursor(connection: Connection) -> int:
    """The cursor of the newest event; 0 when there is none."""
    return connection.execute(select(func.max(events.c.cursor))).scalar() or 0
