"""What became of attempts, read off the event log as it grows: figures of computing elements, and their breakers.

Nothing is done when an event is recorded, and nothing is counted twice: what was read is added up in the transaction
that remembers how far it was read. So figures and breakers outlive restarts, and instances share them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from gridwms.classad import ClassAdSyntaxError, evaluate_attribute, parse_ad
from gridwms.flow.breaker import heard
from gridwms.flow.world import World
from gridwms.jobs.codec import read_reason
from gridwms.jobs.reasons import KINDS
from gridwms.store import descriptions, figures, standings, statistics
from gridwms.store.figures import Failure, Group, Stretch, Tally
from gridwms.store.standings import Standing

logger = structlog.get_logger(__name__)

_READER = "feedback"
_AT_ONCE = 20_000
_FIRST = 86400.0
"""When the log is read for the first time, it is read from so many seconds ago."""
_UNWRITTEN = 5000
"""So many events of which nothing is to be counted are passed over before that is written down."""
_KEPT_MINUTES, _KEPT_HOURS = 3600.0, 30 * 86400.0
_EXPECTED, _LEAST_ELSEWHERE = 0.5, 5
"""A class of jobs of which this share, of so many at least, ends with exit code 0 elsewhere should not fail at once."""
_NO_FAILURES = frozenset({"expired", "replanned", "rests", "parents_failed", "never_started", "description_lost"})
_ENDED = frozenset({"killed_at_site", "terminated"})
"""Often a limit that the payload ran into; but not before it started."""
_LIMITS = frozenset({"hit_deep_limit", "hit_deep_maximum", "hit_shallow_limit", "hit_shallow_maximum"})


@dataclass(slots=True)
class _Fate:
    """What was heard of one element."""

    site: str
    good: int = 0
    bad: int = 0
    why: str = ""


class Feedback:
    """Reads on from where it, or another instance, was."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cursor: int | None = None
        self._written: int | None = None
        self._kinds: dict[str, str] = {}

    def read_on(self) -> bool:
        """Take in a stretch of the log; whether there may be more at once."""
        world = self._world
        if self._cursor is None:
            self._cursor = self._written = world.database.read(self._begin)
        cursor = self._cursor
        stretch = world.database.read(lambda connection: figures.read_stretch(connection, cursor, _AT_ONCE))
        if stretch is None:
            return False
        more = stretch.upto - cursor >= _AT_ONCE
        if not stretch.tallies and not stretch.failures and stretch.upto - (self._written or 0) < _UNWRITTEN:
            self._cursor = stretch.upto
            return more
        kinds = self._kinds_of({group.kind for group in stretch.tallies} | {f.group.kind for f in stretch.failures})
        tallies, fates = _added_up(stretch, kinds)
        opened = world.database.write(lambda connection: self._keep(connection, stretch, tallies, fates))
        if opened is None:
            self._cursor = None  # another instance has read this
            return True
        self._cursor = self._written = stretch.upto
        if opened:
            world.waiting.set()
            world.resting.set()
            for one in opened:
                logger.warning("computing element rests", ce=one.ce, site=one.site, pause=one.pause, why=one.why)
        return more

    def tidy(self) -> None:
        """Forget what is too old to matter."""
        now = self._world.clock()

        def work(connection: Connection) -> None:
            figures.forget(connection, now, _KEPT_MINUTES, _KEPT_HOURS)
            standings.forget(connection, now - _KEPT_HOURS)

        self._world.database.write(work)

    def _begin(self, connection: Connection) -> int:
        read = figures.read_upto(connection, _READER)
        if read is not None:
            return read
        return statistics.first_cursor(connection, self._world.clock() - _FIRST) - 1

    def _keep(
        self, connection: Connection, stretch: Stretch, tallies: dict[Group, Tally], fates: dict[str, _Fate]
    ) -> list[Standing] | None:
        """Add it to what is stored; the elements that rest from now on. None: that was done already."""
        read = figures.read_upto(connection, _READER)
        if read is not None and read != self._written:
            return None
        world, now = self._world, self._world.clock()
        figures.add(connection, stretch.arrived, tallies)
        figures.add_queue_times(connection, stretch.arrived, stretch.queue_times)
        figures.has_read(connection, _READER, stretch.upto)
        _suspect(connection, now, tallies, fates)
        known = standings.load(connection, fates)
        changed = [
            heard(
                known.get(ce) or Standing(ce=ce, site=fate.site),
                fate.good,
                fate.bad,
                fate.why,
                now,
                world.settings.breaker,
            )
            for ce, fate in fates.items()
            if fate.good or fate.bad
        ]
        standings.save(connection, changed)
        return [one for one in changed if one.opened_at == now]

    def _kinds_of(self, digests: Iterable[str]) -> dict[str, str]:
        """The kinds of jobs of match classes: their JobType."""
        missing = set(digests) - self._kinds.keys()
        if missing:
            if len(self._kinds) > 10_000:
                self._kinds = {}
            ads = self._world.database.read(lambda connection: descriptions.get_classes(connection, missing))
            self._kinds |= {digest: _kind(ads.get(digest, "[]")) for digest in missing}
        return self._kinds


def _added_up(stretch: Stretch, kinds: dict[str, str]) -> tuple[dict[Group, Tally], dict[str, _Fate]]:
    """Tallies by class of jobs, failures among them, and what speaks for and against each element."""
    tallies: dict[Group, Tally] = {}
    fates: dict[str, _Fate] = {}
    for group, tally in stretch.tallies.items():
        tallies.setdefault(group._replace(kind=kinds[group.kind]), Tally()).add(tally)
        fates.setdefault(group.ce, _Fate(group.site)).good += tally.good
    for failure in stretch.failures:
        fault = _fault(failure)
        if fault is None:
            continue
        speaks, why = fault
        group = failure.group._replace(kind=kinds[failure.group.kind])
        tallies.setdefault(group, Tally()).add(Tally(bad=int(speaks), other=int(not speaks)))
        if speaks:
            fate = fates.setdefault(group.ce, _Fate(group.site))
            fate.bad += 1
            fate.why = why
    return tallies, fates


def _fault(failure: Failure) -> tuple[bool, str] | None:
    """Whether a failure speaks against its place, and its sentence. None: the attempt did not fail (it was moved, the
    request expired)."""
    why = read_reason(json.loads(failure.data)["reason"])
    if why is None or why.code in _NO_FAILURES:
        return None
    code, sentence = why.code, why.sentence
    if code in _LIMITS:
        code, sentence = why.params.get("cause", ""), why.params.get("last", "")
    kind = KINDS.get(code)
    speaks = kind is not None and (kind.site_fault or (code in _ENDED and not failure.started))
    return speaks, sentence


def _kind(text: str) -> str:
    try:
        value = evaluate_attribute(parse_ad(text), "JobType")
    except ClassAdSyntaxError:
        return ""
    words = value if isinstance(value, tuple) else (value,)
    return ",".join(word.lower() for word in words if isinstance(word, str))[:50] or "normal"


def _suspect(connection: Connection, now: float, tallies: dict[Group, Tally], fates: dict[str, _Fate]) -> None:
    """Count payloads that failed at once against their element, where others of their class go well elsewhere."""
    quick = {group: tally.quick for group, tally in tallies.items() if tally.quick}
    if not quick:
        return
    seen: dict[Group, Tally] = figures.of_owners(connection, now - figures.HOUR, {group.owner for group in quick})
    for group, failed in quick.items():
        elsewhere = [
            tally
            for other, tally in seen.items()
            if other.ce != group.ce and (other.vo, other.owner, other.kind) == (group.vo, group.owner, group.kind)
        ]
        well, ended = sum(tally.zero for tally in elsewhere), sum(tally.good for tally in elsewhere)
        if ended >= _LEAST_ELSEWHERE and well >= _EXPECTED * ended:
            fate = fates[group.ce]
            fate.good -= failed
            fate.bad += failed
            fate.why = "payloads that go well elsewhere fail there at once"
