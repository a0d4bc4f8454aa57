"""How much room a snapshot says there is, less what has been promised since it was taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from threading import Lock
from weakref import WeakKeyDictionary

import numpy
from numpy.typing import NDArray

from gridwms.classad import evaluate_attribute
from gridwms.classad.columns.column import INTEGER, OTHER, REAL
from gridwms.classad.columns.planes import Rows
from gridwms.classad.columns.store import ColumnStore
from gridwms.match.resources import Snapshot
from gridwms.match.verdict import Ranking, Reals

UNKNOWN = 400_000
"""GLUE providers publish 444444 and more for "no information" (gLite reference §3.2); nothing of use is that large."""

NO_SITE = -1
Numbers = NDArray[numpy.int32]


class _Numbered:
    """Texts of the resources as numbers by row; `NO_SITE` where there is none."""

    def __init__(self, count: int) -> None:
        self.by_row: Numbers = numpy.full(count, NO_SITE, dtype=numpy.int32)
        self.of: dict[str, int] = {}

    def put(self, row: int, text: str) -> None:
        self.by_row[row] = self.of.setdefault(text, len(self.of))


class Room:
    """Room at the resources of a snapshot, by row of its columns, and at the sites that lead to them.

    `free`: slots in which a job can start now. `queue`: jobs that may still be sent there to wait, infinity for no
    limit; jobs in free slots do not count against it. `site`: the number of the site that leads there.
    `site_room`: by that number, how many jobs the site may still get in all its resources together. `element`: the
    number of the computing element; the views of one share its slots. `element_room`: as `site_room`, by that number.
    `site_names`, `element_names`: the numbers by name.
    """

    def __init__(
        self,
        published: _Published,
        free: Reals,
        queue: Reals,
        limits: Mapping[str, int],
        elements: Mapping[str, int] | None = None,
    ) -> None:
        self.free = free
        self.queue = queue
        self.site = published.site.by_row
        self.element = published.element.by_row
        self.site_room: list[float] = [limits.get(name, numpy.inf) for name in published.site.of]
        self.element_room: Reals = numpy.full(max(1, len(published.element.of)), numpy.inf)
        for ce_id, most in (elements or {}).items():
            if ce_id in published.element.of:
                self.element_room[published.element.of[ce_id]] = most
        self._shut = self.element_room < 1
        self.site_names: Mapping[str, int] = published.site.of
        self.element_names: Mapping[str, int] = published.element.of
        self._host = published.host
        self._several = published.several

    def copy(self) -> Room:
        """The same room, to be filled apart."""
        other = copy(self)
        other.free, other.queue, other.site_room = self.free.copy(), self.queue.copy(), list(self.site_room)
        other.element_room = self.element_room.copy()
        return other

    def within(self, limits: Mapping[str, int]) -> Room:
        """The same room for somebody who may send only so many jobs to some sites; what one takes the other lacks."""
        if not limits:
            return self
        other = copy(self)
        other.site_room = list(self.site_room)
        for name, limit in limits.items():
            number = self.site_names.get(name)
            if number is not None:
                other.site_room[number] = min(other.site_room[number], limit)
        return other

    def led_to(self, rows: Rows) -> NDArray[numpy.bool_]:
        """To which of these rows a site leads."""
        led: NDArray[numpy.bool_] = self.site[rows] != NO_SITE
        return led

    def untried(self, rows: Rows, hosts: Collection[str]) -> NDArray[numpy.bool_]:
        """Which of these rows are on none of these hosts, and of elements that get anything at all."""
        numbers = [self._host.of[host.lower()] for host in hosts if host.lower() in self._host.of]
        new = ~numpy.isin(self._host.by_row[rows], numbers)
        return new & ~self._shut[self.element[rows]]

    def take(self, row: int, slots: int, jobs: int = 1) -> None:
        """Jobs that occupy `slots` each were sent there."""
        element = int(self.element[row])
        rows = numpy.flatnonzero(self.element == element) if element in self._several else numpy.array([row])
        starting = min(jobs, max(0, int(self.free[row] // slots)))
        self.queue[rows] -= jobs - starting
        self.free[rows] = numpy.maximum(0, self.free[rows] - slots * starting) if starting == jobs else 0
        self.site_room[self.site[row]] -= jobs
        self.element_room[element] -= jobs


class _Published:
    """What a snapshot says by itself, worked out once."""

    def __init__(self, snapshot: Snapshot) -> None:
        store = snapshot.columns
        free = _numbers(store, "gluecestatefreejobslots")
        free = numpy.where(numpy.isnan(free), _numbers(store, "gluecestatefreecpus"), free)
        slots = numpy.nan_to_num(free)
        most, total = _limit(store, "gluecepolicymaxtotaljobs"), _numbers(store, "gluecestatetotaljobs")
        left = numpy.maximum(0, most - total)
        known = ~numpy.isnan(left)
        slots[known] = numpy.minimum(slots, left)[known]
        beyond = left - slots
        most_waiting, waiting = _limit(store, "gluecepolicymaxwaitingjobs"), _numbers(store, "gluecestatewaitingjobs")
        queue = numpy.fmin(beyond, numpy.maximum(0, most_waiting - waiting))
        self.free: Reals = slots
        self.queue: Reals = numpy.where(numpy.isnan(queue), numpy.inf, queue)
        self.site, self.host, self.element = (_Numbered(store.count) for _ in range(3))
        elements: dict[str, set[str]] = {}
        for resource in snapshot.resources:
            row = store.row_of[resource.id]
            self.host.put(row, resource.host.lower())
            self.element.put(row, resource.ce_id)
            if resource.site is not None:
                self.site.put(row, resource.site)
                elements.setdefault(resource.site, set()).add(resource.ce_id)
        self.elements = {site: frozenset(ces) for site, ces in elements.items()}
        views = numpy.bincount(self.element.by_row[self.element.by_row != NO_SITE])
        self.several = frozenset(numpy.flatnonzero(views > 1).tolist())
        """The numbers of the computing elements that have several views."""


_KEEPING = Lock()
_KEPT: WeakKeyDictionary[Snapshot, _Published] = WeakKeyDictionary()


def room_of(
    snapshot: Snapshot,
    promised: Mapping[str, int] | None = None,
    *,
    queue_limit: int | None = None,
    site_room: Mapping[str, int] | None = None,
    element_room: Mapping[str, int] | None = None,
) -> Room:
    """The room now.

    `promised`: slots of the jobs sent to each resource since the snapshot was taken. `queue_limit`: how many jobs may
    wait at a resource beyond its free slots, None for any number. `site_room`: how many jobs each site may still get;
    one that is not named has no limit; `element_room`: the same for computing elements.

    A resource never gets more than its GlueCEPolicyMaxTotalJobs (gLite reference
    §2.3, clause 2) or GlueCEPolicyMaxWaitingJobs allow.
    """
    known = _published(snapshot)
    free = known.free.copy()
    queue = known.queue.copy() if queue_limit is None else numpy.minimum(known.queue, queue_limit)
    for ce_id, sent in (promised or {}).items():
        element = known.element.of.get(ce_id)
        if element is not None:
            rows = numpy.flatnonzero(known.element.by_row == element)
            queue[rows] -= numpy.maximum(0, sent - free[rows])
            free[rows] = numpy.maximum(0, free[rows] - sent)
    return Room(known, free, queue, site_room or {}, element_room)


def elements_of(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """The computing elements to which each site leads."""
    return _published(snapshot).elements


def deliverable(ranking: Ranking) -> int:
    """How many of them a configured site leads to."""
    return int(numpy.count_nonzero(_published(ranking.snapshot).site.by_row[ranking.rows] != NO_SITE))


def _published(snapshot: Snapshot) -> _Published:
    with _KEEPING:
        known = _KEPT.get(snapshot)
    if known is None:
        known = _Published(snapshot)
        with _KEEPING:
            _KEPT[snapshot] = known
    return known


def _numbers(store: ColumnStore, name: str) -> Reals:
    """The numbers of an attribute by row; NaN where there is none that can be believed."""
    column = store.column(name)
    if column is None:
        return numpy.full(store.count, numpy.nan)
    values = numpy.where(column.kinds == INTEGER, column.numbers.astype(numpy.float64), numpy.nan)
    values = numpy.where(column.kinds == REAL, column.reals, values)
    for row in numpy.flatnonzero(column.kinds == OTHER).tolist():
        ad = store.ads[row]
        value = None if ad is None else evaluate_attribute(ad, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            values[row] = value
    values[~((values >= 0) & (values < UNKNOWN))] = numpy.nan
    return numpy.floor(values)


def _limit(store: ColumnStore, name: str) -> Reals:
    """The same for a limit, where 0 stands for none."""
    values = _numbers(store, name)
    values[values == 0] = numpy.nan
    return values
