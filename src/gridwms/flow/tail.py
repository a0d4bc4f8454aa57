"""The newest events, read once for all who listen, each with the filter it wants.

One thread reads while somebody listens, and sorts what came into one view a filter. A listener has a cursor and nothing
else here: it takes from its view what came after that, as fast as it can. One that is so slow that the view has gone on
reads from the log instead, and one that is dead costs nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import structlog

from gridwms.flow.telling import Told, read_after
from gridwms.flow.world import World
from gridwms.jobs.interest import Interest
from gridwms.store.database import StoreUnavailable
from gridwms.store.events import last_cursor

logger = structlog.get_logger(__name__)

_AT_ONCE = 1000
"""Events in one read of the log for all."""
_PART = 100
"""Events in a part: a listener that takes nothing holds up to one of them in memory."""
_KEPT = 5_000
"""Events in a view at least; at most it has twice as many."""
_BREATH = 0.02
"""Seconds between two reads, so that a burst of commits is one."""
_AGAIN = 1.0
"""Seconds until the log is tried again when it could not be read."""
_IDLE = 15.0
"""Seconds after which the log is looked at although nothing was said: news of another instance may have been lost."""


@dataclass(frozen=True)
class Part:
    """What came after a cursor. `cursor`: where to go on; `whole`: there is no more for now."""

    told: Sequence[Told]
    cursor: int
    whole: bool

    @cached_property
    def messages(self) -> bytes:
        """As server-sent events; made once for all who get this part."""
        return "".join(f"id: {one.cursor}\nevent: job\ndata: {one.data}\n\n" for one in self.told).encode()


@dataclass(slots=True)
class _View:
    """What a filter let through after the cursor `since`. All that ask at the same point get the same part."""

    interest: Interest
    since: int | None
    users: int = 0
    told: list[Told] = field(default_factory=list)
    cursors: list[int] = field(default_factory=list)
    asked: int = -1
    answer: Part | None = None

    def restart(self, since: int | None) -> None:
        self.since, self.told, self.cursors, self.answer = since, [], [], None

    def add(self, found: Sequence[Told]) -> None:
        self.told += found
        self.cursors += [one.cursor for one in found]
        if len(self.told) > 2 * _KEPT:
            self.since = self.cursors[-_KEPT - 1]
            del self.told[:-_KEPT], self.cursors[:-_KEPT]

    def after(self, cursor: int, last: int) -> Part | None:
        if self.since is None or cursor < self.since:
            return None
        if self.asked != cursor or self.answer is None or (self.answer.whole and self.answer.cursor < last):
            begin = bisect_right(self.cursors, cursor)
            found = self.told[begin : begin + _PART]
            whole = begin + _PART >= len(self.told)
            self.asked, self.answer = cursor, Part(found, max(cursor, last) if whole else found[-1].cursor, whole)
        return self.answer


Heard = Callable[[Collection[Interest] | None], None]


class Tail:
    """Any number of threads may use it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._views: dict[Interest, _View] = {}
        self._last: int | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._callbacks: list[Heard] = []
        self.reads = 0
        """How often the log was read for all together."""

    @contextlib.contextmanager
    def listening(self, interest: Interest) -> Iterator[None]:
        """Keeps the tail going for one more listener; without any it ends by itself."""
        with self._lock:
            view = self._views.get(interest)
            if view is None:
                view = self._views[interest] = _View(interest, self._last)
            view.users += 1
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                view.users -= 1
                if not view.users:
                    del self._views[interest]

    def subscribe(self, heard: Heard) -> Callable[[], None]:
        """Call `heard`, on the tail's thread, with the filters for which there is more (None: look, all of you). The
        result ends that."""
        self._callbacks.append(heard)
        return lambda: self._callbacks.remove(heard)

    def recent(self, cursor: int, interest: Interest) -> Part | None:
        """What came after `cursor`, from memory; None when that does not go back so far. For who is listening."""
        with self._lock:
            view = self._views.get(interest)
            return None if view is None or self._last is None else view.after(cursor, self._last)

    def read(self, cursor: int, interest: Interest) -> Part:
        """The same from the log. Raises StoreUnavailable."""
        found, following, whole = read_after(self._world, cursor, interest, _PART)
        return Part(found, following, whole)

    def close(self) -> None:
        """End the thread; nobody is told anything any more."""
        self._closed = True
        self._world.news.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._follow()
            except StoreUnavailable as error:
                # Who listens asks the log itself meanwhile, and is told what is wrong.
                logger.warning("the newest events cannot be read", why=str(error))
            except Exception:
                logger.exception("the newest events cannot be read")
            with self._lock:
                self._last = None
                for view in self._views.values():
                    view.restart(None)
                ends = self._closed or not self._views
                if ends:
                    self._thread = None
            self._tell(None)
            if ends:
                return
            self._world.news.wait(self._world.news.count, _AGAIN)

    def _follow(self) -> None:
        last = self._world.database.read(last_cursor)
        with self._lock:
            self._last = last
            for view in self._views.values():
                view.restart(last)
        self._tell(None)
        while self._views and not self._closed:
            seen = self._world.news.count
            interests = list(self._views)
            tags = any(interest.tags for interest in interests)
            nodes_begin = any(interest.hears_beginnings for interest in interests)
            self.reads += 1
            found, last, whole = read_after(self._world, last, Interest(), _AT_ONCE, tags=tags, nodes_begin=nodes_begin)
            with self._lock:
                grown = self._keep(found, last, tags, nodes_begin)
            if grown:
                self._tell(grown)
            if whole:
                self._world.news.wait(seen, _IDLE)
                time.sleep(_BREATH)

    def _tell(self, interests: Collection[Interest] | None) -> None:
        for heard in list(self._callbacks):
            heard(interests)

    def _keep(self, found: Sequence[Told], last: int, tags: bool, nodes_begin: bool) -> list[Interest]:
        """Sort new events into the views; which of those grew."""
        self._last = last
        grown = []
        owned: dict[str, list[Told]] = defaultdict(list)
        for one in found:
            owned[one.subject.owner].append(one)
        for interest, view in self._views.items():
            if (interest.tags and not tags) or (interest.hears_beginnings and not nodes_begin):
                # It came while this was read.
                view.restart(last)
                grown.append(interest)
                continue
            near = found if interest.owner is None else owned.get(interest.owner, ())
            let_through = [one for one in near if one.is_for(interest)]
            if let_through:
                view.add(let_through)
                grown.append(interest)
        return grown
