"""The local site: the contract's verbs over directories and processes of this machine."""

# Paths are text here: making Path objects costs more than the calls.
# ruff: noqa: PTH103, PTH116

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from gridwms.classad import ClassAd
from gridwms.jobs.reasons import reason
from gridwms.sites.contract import Handover, Leftover, Phase, Receipt, Refusal, Sighting, SiteUnavailable
from gridwms.sites.link import WorkerLink
from gridwms.sites.local import launcher, processes, sandboxes
from gridwms.sites.local import place as files
from gridwms.sites.local.attempt import Attempt
from gridwms.sites.local.describe import Load, describe
from gridwms.sites.local.keeper import Keeper
from gridwms.sites.local.room import cannot_hold
from gridwms.sites.local.settings import LocalSettings
from gridwms.sites.local.tokens import TokenDesk

Watcher = Callable[[Sequence[str]], None]

_LAUNCHES = 3
"""How often a start that leaves no trace is tried before the attempt is given up."""
_AGAIN_SECONDS = 0.05
_TERM_SECONDS = 1.0


class LocalSite:
    """Runs attempts here. Everything it knows stands in the directories of the attempts.

    An internal thread follows processes; the verbs may be called from any one thread meanwhile.
    """

    def __init__(self, settings: LocalSettings) -> None:
        self.name = settings.name
        self.settings = settings
        self._root = settings.directory.resolve() / "attempts"
        self._environment = {**launcher.base_environment(), **settings.environment}
        self._node = os.uname().nodename
        self._state = threading.RLock()
        self._attempts: dict[str, Attempt] = {}
        self._queue: deque[str] = deque()
        self._order = 0
        self._busy = 0
        self._watchers: list[Watcher] = []
        self._news: list[str] = []
        self._lock = self._take_directory()
        self.link: WorkerLink | None = None
        """How wrappers that run here get their tokens; None: each asks the service itself."""
        self._tokens = TokenDesk(settings.name, lambda: self.link)
        self._keeper = Keeper(settings.name, self._processes_ended, self._times_came)
        with self._state:
            self._read_everything()
            self._start_more()
        self._keeper.begin()
        self._tokens.begin()
        self._tell()

    # ---- the contract

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        """Write the attempts down and start as many as there are slots. Known tags change nothing."""
        with self._state:
            answers = [self._accept(handover) for handover in handovers]
            self._start_more()
        self._tell()
        return answers

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """Always sure: the directory is ours alone."""
        with self._state:
            return {tag: Receipt(tag=tag, id=tag) if tag in self._attempts else None for tag in tags}

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        """From memory, which the keeper's thread holds up to date."""
        now = time.time()
        with self._state:
            return [
                found.sighting(self.name, self._node)
                if (found := self._attempts.get(receipt.tag)) is not None
                else Sighting(tag=receipt.tag, phase=Phase.GONE, time=now)
                for receipt in receipts
            ]

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        """TERM to those that run, KILL after the grace; those in the queue never start."""
        with self._state:
            for receipt in receipts:
                if (found := self._attempts.get(receipt.tag)) is not None and found.phase is not Phase.ENDED:
                    self._cancel(found)
            self._start_more()
        self._tell()

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        """Event lines, log and the list of outputs out of each directory that is there."""
        with self._state:
            found = [self._attempts[receipt.tag] for receipt in receipts if receipt.tag in self._attempts]
        left = []
        for one in found:
            events, outputs = sandboxes.left_behind(one.place, one.tag)
            left.append(Leftover(tag=one.tag, events=events, log=files.log_of(one.place), outputs=outputs))
        return left

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """Remove directories. One that still runs is cancelled, and removed when it has ended."""
        with self._state:
            for receipt in receipts:
                if (found := self._attempts.get(receipt.tag)) is None:
                    continue
                if found.phase is not Phase.ENDED:
                    self._mark(found, "forgotten")
                    found.forgotten = True
                    self._cancel(found)
                if found.phase is Phase.ENDED:
                    self._drop(found)
            self._start_more()

    def describe(self) -> list[ClassAd]:
        """One computing element: this machine's slots."""
        with self._state:
            load = Load(slots=self.settings.slots, busy=min(self._busy, self.settings.slots), waiting=len(self._queue))
            running = sum(1 for one in self._attempts.values() if one.phase is Phase.RUNNING)
        return [describe(self.settings, self._node, load, running)]

    def watch(self, callback: Watcher) -> None:
        """Call `callback` with the tags whose phase has changed, at once, from the keeper's or the caller's thread."""
        with self._state:
            self._watchers.append(callback)

    def close(self) -> None:
        """Let go of the directory; what runs, runs on."""
        self._tokens.close()
        self._keeper.close()
        os.close(self._lock)

    # ---- taking over

    def _take_directory(self) -> int:
        """Be the only one in the directory. A service that was killed lets go of it by dying."""
        try:
            os.makedirs(self._root, mode=0o700, exist_ok=True)
            handle = os.open(self.settings.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            text = f"site {self.name}: cannot use its directory {self.settings.directory}: {error.strerror}"
            raise SiteUnavailable(text) from error
        deadline = time.monotonic() + self.settings.lock_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(handle)
                    text = f"site {self.name}: another service uses the directory {self.settings.directory}"
                    raise SiteUnavailable(text) from None
                time.sleep(0.02)
            else:
                return handle

    def _read_everything(self) -> None:
        """Find every attempt again."""
        for tag, place in files.places(self._root):
            attempt = Attempt(tag, place, order=os.stat(f"{place}/wrapper").st_mtime_ns)
            attempt.time = attempt.order / 1e9
            attempt.read_needs()
            attempt.read_marks()
            self._attempts[tag] = attempt
        waiting = []
        for attempt in list(self._attempts.values()):
            if files.exists(f"{attempt.place}/started"):
                self._busy += attempt.cpus
                attempt.phase = Phase.RUNNING
                self._settle(attempt)
                if attempt.cancelled and attempt.phase is Phase.RUNNING:
                    self._terminate(attempt)
            elif attempt.cancelled and files.claim_never(attempt.place):
                attempt.end(None)
            elif files.is_whole(attempt.place):
                waiting.append(attempt)
            else:
                self._drop(attempt)
        self._queue.extend(one.tag for one in sorted(waiting, key=lambda one: (one.order, one.tag)))

    # ---- the life of an attempt

    def _accept(self, handover: Handover) -> Receipt | Refusal:
        tag = handover.tag
        if tag in self._attempts:
            return Receipt(tag=tag, id=tag)
        trouble = cannot_hold(handover, self.settings.slots)
        if trouble:
            return self._refuse(tag, trouble)
        cpus = self.settings.slots if handover.whole_nodes else handover.cpus
        if not tag or "/" in tag or tag.startswith("."):
            return self._refuse(tag, f"{tag!r} cannot be the name of a directory")
        place = files.place_of(self._root, tag)
        wall = handover.wall_seconds
        needs = "" if cpus == 1 and wall is None else f"{cpus} {'-' if wall is None else wall}\n"
        self._order = max(self._order + 1, time.time_ns())
        try:
            script = launcher.PRELUDE + handover.wrapper
            files.create(
                place,
                script.encode("utf-8", "surrogateescape"),
                needs,
                self._order,
                lambda: sandboxes.note_inputs(place, handover.inputs),
            )
        except OSError as error:
            return self._refuse(tag, f"cannot write to {self.settings.directory}: {error.strerror}")
        attempt = Attempt(tag, place, order=self._order, cpus=cpus, wall_seconds=wall, time=time.time())
        self._attempts[tag] = attempt
        self._queue.append(tag)
        return Receipt(tag=tag, id=tag)

    def _refuse(self, tag: str, text: str) -> Refusal:
        return Refusal(tag=tag, reason=reason("site_refused", site=self.name, text=text))

    def _start_more(self) -> None:
        """Start from the head of the queue while there is room. A wide one at the head is waited for: no overtaking."""
        while self._queue:
            attempt = self._attempts.get(self._queue[0])
            if attempt is None or attempt.phase is not Phase.QUEUED:
                self._queue.popleft()
                continue
            if self._busy + attempt.cpus > self.settings.slots:
                return
            try:
                attempt.pid = self._launch(attempt)
            except OSError:  # no process to be had: the machine is full, not the attempt wrong
                self._keeper.remind("", _TERM_SECONDS)
                return
            self._queue.popleft()
            self._busy += attempt.cpus
            attempt.launches += 1
            attempt.phase = Phase.RUNNING
            attempt.time = time.time()
            self._attend(attempt)
            if attempt.wall_seconds is not None:
                self._keeper.remind(attempt.tag, attempt.wall_seconds)
            self._news.append(attempt.tag)

    def _launch(self, attempt: Attempt) -> int:
        """Its process. With a line to us, when its inputs could be brought: else it needs the service in any case."""
        brought = sandboxes.bring_inputs(attempt.place, attempt.tag)
        line = self._tokens.open(attempt.tag) if brought else None
        try:
            handle = None if line is None else line.fileno()
            return launcher.launch(self.settings.shell, attempt.place, self._environment, handle)
        finally:
            if line is not None:
                line.close()

    def _attend(self, attempt: Attempt) -> bool:
        """Wait for the end of its process; False: there is none. Without a free handle it is looked at now and then."""
        try:
            handle = self._keeper.watch(attempt.pid, attempt.tag)
        except OSError:
            self._keeper.remind(attempt.tag, _TERM_SECONDS)
            return True
        attempt.pidfd = -1 if handle is None else handle
        return handle is not None

    def _processes_ended(self, tags: list[str]) -> None:
        with self._state:
            for tag in tags:
                if (attempt := self._attempts.get(tag)) is not None:
                    self._settle(attempt, self._release(attempt))
            self._start_more()
        self._tell()

    def _release(self, attempt: Attempt) -> int | None:
        """Let go of the process that was waited for; a child of ours is buried: its exit status, if it has ended."""
        if attempt.pidfd >= 0:
            self._keeper.unwatch(attempt.pidfd)
            attempt.pidfd = -1
        if attempt.pid:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(attempt.pid, os.WNOHANG)
                if pid:
                    code = os.waitstatus_to_exitcode(status)
                    return code if code >= 0 else 128 - code
        return None

    def _settle(self, attempt: Attempt, code: int | None = None) -> None:
        """Conclude from the directory what became of an attempt whose process ended, or is not known.

        `code`: what we saw it end with, which counts when it could not write that down itself.
        """
        place = attempt.place
        mine, attempt.pid = attempt.pid, 0
        line = files.line_of(f"{place}/exit")
        if line:
            word = line.strip()
            self._end(attempt, int(word) if word.isdigit() else None)
            return
        line = files.line_of(f"{place}/started")
        if line is None and attempt.launches < _LAUNCHES and not attempt.cancelled:
            self._busy -= attempt.cpus  # it never began: to the head of the queue
            attempt.phase = Phase.QUEUED
            self._queue.appendleft(attempt.tag)
            return
        if line == files.NEVER:
            self._end(attempt, None)
            return
        started = files.parse_started(line) if line else None
        if started is not None and started.pid != mine and self._follow(attempt, started):
            return
        if line == "" and time.time() - files.time_of(f"{place}/started") < _TERM_SECONDS:
            self._keeper.remind(attempt.tag, _AGAIN_SECONDS)  # a launcher is just writing it
            return
        if started is None or started.pid != mine:
            code = None
        processes.kill_all(place)
        with suppress(OSError):
            files.write(f"{place}/exit", files.KILLED.encode() if code is None else f"{code}\n".encode())
        self._end(attempt, code)

    def _follow(self, attempt: Attempt, started: files.Started) -> bool:
        """Wait for a process that another launch, or another life of the service, began. False: it is gone."""
        attempt.pid = started.pid
        if not self._attend(attempt):
            return self._ended_meanwhile(attempt)
        if not processes.is_alive(started):  # asked after the handle was had, so the number cannot change hands
            self._release(attempt)
            return self._ended_meanwhile(attempt)
        attempt.time = files.time_of(f"{attempt.place}/started")
        if attempt.wall_seconds is not None:
            self._keeper.remind(attempt.tag, max(0.0, attempt.time + attempt.wall_seconds - time.time()))
        return True

    def _ended_meanwhile(self, attempt: Attempt) -> bool:
        """Whether it ended in good order between two of our looks."""
        attempt.pid = 0
        line = files.line_of(f"{attempt.place}/exit")
        if not line:
            return False
        self._end(attempt, int(line) if line.strip().isdigit() else None)
        return True

    def _end(self, attempt: Attempt, code: int | None) -> None:
        self._busy -= attempt.cpus
        attempt.end(code)
        self._news.append(attempt.tag)
        if attempt.forgotten:
            self._drop(attempt)

    def _drop(self, attempt: Attempt) -> None:
        del self._attempts[attempt.tag]
        files.remove(attempt.place)

    # ---- ending

    def _cancel(self, attempt: Attempt) -> None:
        if not attempt.cancelled:
            attempt.cancelled = True
            self._mark(attempt, "cancelled")
        if attempt.phase is Phase.QUEUED and files.claim_never(attempt.place):
            attempt.end(None)
            self._news.append(attempt.tag)
        elif attempt.force_at is None:
            self._terminate(attempt)

    def _terminate(self, attempt: Attempt) -> None:
        """TERM now and every second, KILL when the grace is over."""
        attempt.force_at = time.monotonic() + self.settings.grace_seconds
        self._press(attempt)

    def _press(self, attempt: Attempt) -> None:
        if not files.claim_never(attempt.place) and (started := attempt.started()) is not None:
            processes.terminate(started)
        if attempt.force_at is not None:
            left = attempt.force_at - time.monotonic()
            self._keeper.remind(attempt.tag, max(0.0, min(_TERM_SECONDS, left)))

    def _times_came(self, tags: list[str]) -> None:
        with self._state:
            for tag in tags:
                attempt = self._attempts.get(tag)
                if attempt is not None and attempt.phase is Phase.RUNNING:
                    self._time_came(attempt)
            self._start_more()
        self._tell()

    def _time_came(self, attempt: Attempt) -> None:
        if attempt.pidfd < 0 and not (attempt.pid and self._attend(attempt)):
            self._settle(attempt)
        elif attempt.force_at is not None:
            if time.monotonic() >= attempt.force_at:
                processes.kill_all(attempt.place)
            else:
                self._press(attempt)
        elif attempt.wall_seconds is not None and time.time() - attempt.time >= attempt.wall_seconds:
            attempt.over_limit = True
            self._mark(attempt, "limit")
            self._terminate(attempt)

    def _mark(self, attempt: Attempt, name: str) -> None:
        """Note a request in the directory, for a service after us. Without a disk it still holds in memory."""
        with suppress(OSError):
            files.write(f"{attempt.place}/{name}", b"")

    def _tell(self) -> None:
        with self._state:
            news, self._news = self._news, []
            watchers = list(self._watchers)
        if news:
            for watcher in watchers:
                watcher(news)
