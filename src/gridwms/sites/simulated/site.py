"""An invented site: the contract's verbs, and a play that goes on by the clock.

`play()` performs all that has become due by the injected clock; tests and benchmarks call it, a service lets `begin()`
call it from a thread. Wrappers are played too: they ask for tokens and send events through a `WorkerLink`, in bulk.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from gridwms.classad import ClassAd
from gridwms.jobs.reasons import reason
from gridwms.sites.contract import Handover, Leftover, Phase, Receipt, Refusal, Sighting, SiteUnavailable
from gridwms.sites.link import NoService, TokenRequest, WorkerLink
from gridwms.sites.simulated import lines
from gridwms.sites.simulated.attempt import Attempt
from gridwms.sites.simulated.describe import ce_of, describe
from gridwms.sites.simulated.fate import Fate, fate_of, has_luck
from gridwms.sites.simulated.journal import Fact, Journal
from gridwms.sites.simulated.settings import Queue, SimulatedSettings

Watcher = Callable[[Sequence[str]], None]
Clock = Callable[[], float]


class _Hall:
    """One queue with its slots."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.waiting: deque[str] = deque()
        self.busy = 0
        self.count = 0


class SimulatedSite:
    """See the module. `sleep` is what slow and hanging calls do with their time."""

    def __init__(
        self,
        settings: SimulatedSettings,
        clock: Clock = time.time,
        link: WorkerLink | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self.link: WorkerLink = link or NoService()
        self._clock = clock
        self._sleep = sleep
        self._dice = Random(settings.seed)  # noqa: S311 — dice, not secrets
        self._state = threading.RLock()
        self._changed = threading.Condition(self._state)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._attempts: dict[str, Attempt] = {}
        self._halls = {ce_of(settings, queue): _Hall(queue) for queue in settings.queues}
        self._plans: list[tuple[float, int, str, int]] = []
        self._planned = 0
        self._watchers: list[Watcher] = []
        self._news: list[str] = []
        self._plain = None if has_luck(settings.faults) or settings.spread else Fate(run_seconds=settings.run_seconds)
        path = None if settings.directory is None else settings.directory / "journal"
        self._journal = Journal(path)
        self._read()

    # ---- the contract

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        """Accept or refuse each. A call that is cut off may have done its work."""
        done = self._trouble()
        with self._state:
            now = self._clock()
            answers = [self._accept(handover, now) for handover in handovers] if done is not False else []
            self._journal.flush()
            self._changed.notify_all()
        self._complain(done)
        return answers

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """What the site shows; an attempt that it does not show yet is left out: still in doubt."""
        self._complain(self._trouble())
        now = self._clock()
        with self._state:
            found = {tag: self._attempts.get(tag) for tag in tags}
            return {
                tag: None if one is None or one.lost else Receipt(tag=tag, id=_id(tag))
                for tag, one in found.items()
                if one is None or not one.hidden(now)
            }

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        """What the site shows."""
        self._complain(self._trouble())
        now = self._clock()
        node = f"wn.{self.settings.host}"
        with self._state:
            return [
                one.sighting(self.name, now, node)
                if (one := self._attempts.get(receipt.tag)) is not None
                else Sighting(tag=receipt.tag, phase=Phase.GONE, time=now)
                for receipt in receipts
            ]

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        """Those that wait end at once, those that run after `cancel_seconds`."""
        done = self._trouble()
        with self._state:
            if done is not False:
                for receipt in receipts:
                    if (one := self._attempts.get(receipt.tag)) is not None:
                        self._cancel(one)
            self._journal.flush()
            self._changed.notify_all()
        self._complain(done)
        self._tell()

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        """The lines that the played wrappers could not send."""
        self._complain(self._trouble())
        with self._state:
            found = [self._attempts[receipt.tag] for receipt in receipts if receipt.tag in self._attempts]
            return [Leftover(tag=one.tag, events=tuple(one.spool)) for one in found]

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """Drop them; one that still runs is ended."""
        done = self._trouble()
        with self._state:
            if done is not False:
                for receipt in receipts:
                    if (one := self._attempts.pop(receipt.tag, None)) is not None:
                        self._leave(one)
                        self._journal.add("F", one.tag)
            self._journal.flush()
        self._complain(done)

    def describe(self) -> list[ClassAd]:
        """One ad a queue."""
        with self._state:
            halls = [(hall.queue, hall.busy, hall.count) for hall in self._halls.values()]
        return [describe(self.settings, queue, busy, waiting) for queue, busy, waiting in halls]

    def watch(self, callback: Watcher) -> None:
        """Call `callback` with the tags whose phase has changed, from the thread that plays."""
        with self._state:
            self._watchers.append(callback)

    def close(self) -> None:
        """Stop playing. The journal holds what was."""
        with self._state:
            self._closing.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._journal.close()

    # ---- the play

    def begin(self) -> None:
        """Play from a thread of its own, by a clock that runs as ours does."""
        self._thread = threading.Thread(target=self._run, name=f"site-{self.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self.play()
            with self._state:
                wait = self._plans[0][0] - self._clock() if self._plans else None
                if not self._closing.is_set() and (wait is None or wait > 0):
                    self._changed.wait(wait)

    def play(self) -> float | None:
        """Perform what is due, round by round: a round's words to the service go in one call. When the next is due."""
        now = self._clock()
        while True:
            asking: list[Attempt] = []
            speaking: list[Attempt] = []
            with self._state:
                while self._plans and self._plans[0][0] <= now:
                    _, _, tag, step = heapq.heappop(self._plans)
                    attempt = self._attempts.get(tag)
                    if attempt is not None and attempt.step == step:
                        self._happen(attempt, now, asking, speaking)
                for hall in self._halls.values():
                    self._start_more(hall, now)
                self._journal.flush()
                more = bool(self._plans) and self._plans[0][0] <= now
                due = self._plans[0][0] if self._plans else None
            if asking:
                self._ask(asking, now)
            if speaking:
                self._speak(speaking, now)
            self._tell()
            if not (more or asking or speaking):
                return due

    def _happen(self, one: Attempt, now: float, asking: list[Attempt], speaking: list[Attempt]) -> None:
        """The next thing in the life of an attempt."""
        if one.phase is Phase.QUEUED:
            hall = self._halls[one.queue]
            hall.waiting.append(one.tag)
        elif one.phase is Phase.RUNNING:
            if one.cancelled:
                one.spool.append(lines.terminated(one.number, one.instance, now))
                self._last_words(one, now, 19, speaking)
            elif one.fate.lost:
                one.lost = True
                self._end(one, now, None)
            elif one.payload_at is None:
                if one.fate.dies_early:
                    one.killed = "its node broke down"
                    one.spool.clear()
                    self._end(one, now, None)
                else:
                    asking.append(one)
            elif one.fate.dies_late:
                one.killed = "its node broke down"
                self._end(one, now, None)
            else:
                seconds = now - one.payload_at
                one.spool.append(lines.finished(one.number, one.instance, now, int(one.fate.fails), seconds))
                self._last_words(one, now, 0, speaking)

    def _last_words(self, one: Attempt, now: float, code: int, speaking: list[Attempt]) -> None:
        """It ends with something to say: left for `collect`, or sent in this round."""
        self._end(one, now, code)
        if not self.settings.leaves_events:
            speaking.append(one)

    def _start_more(self, hall: _Hall, now: float) -> None:
        """Start from the head of the queue while there is room."""
        while hall.waiting:
            one = self._attempts.get(hall.waiting[0])
            if one is None or one.phase is not Phase.QUEUED:
                hall.waiting.popleft()
                continue
            if hall.busy + one.cpus > hall.queue.slots:
                return
            hall.waiting.popleft()
            hall.busy += one.cpus
            hall.count -= 1
            one.phase = Phase.RUNNING
            one.time = now
            one.spool.append(lines.running(one.number, one.instance, now, f"wn.{self.settings.host}"))
            self._journal.add("S", one.tag, now)
            self._news.append(one.tag)
            self._plan(one, now + self.settings.prepare_seconds)

    def _ask(self, asking: list[Attempt], now: float) -> None:
        """Ask for the tokens of all that are ready."""
        requests = [TokenRequest(one.tag, one.instance, tuple(one.spool)) for one in asking]
        answers = self.link.take_tokens(requests)
        with self._state:
            for one, request, answer in zip(asking, requests, answers, strict=True):
                if one.phase is not Phase.RUNNING:
                    continue
                if answer is None:
                    self._plan(one, now + self.settings.retry_seconds)
                    continue
                one.spool = one.spool[len(request.lines) :]
                if one.cancelled:  # in the meantime; its end is planned
                    continue
                if not answer:
                    self._end(one, now, 16)
                    continue
                one.payload_at = now
                self._journal.add("P", one.tag, now)
                if one.fate.sticks:
                    continue
                seconds = one.fate.run_seconds / self._halls[one.queue].queue.speed
                self._plan(one, now + (seconds * one.fate.part if one.fate.dies_late else seconds))

    def _speak(self, speaking: list[Attempt], now: float) -> None:
        """Send what the wrappers have to say; what cannot be sent stays for `collect`."""
        reports = [(one.tag, tuple(one.spool)) for one in speaking]
        answers = self.link.send_events(reports)
        with self._state:
            for one, report, answer in zip(speaking, reports, answers, strict=True):
                if answer is not None:
                    one.spool = one.spool[len(report[1]) :]
                self._note_end(one)
            self._journal.flush()

    def _end(self, one: Attempt, now: float, code: int | None) -> None:
        self._leave(one)
        one.phase = Phase.ENDED
        one.time = now
        one.exit_code = code
        one.step += 1
        self._note_end(one)
        self._news.append(one.tag)

    def _note_end(self, one: Attempt) -> None:
        said = one.time, one.exit_code, one.killed, one.cancelled, one.lost
        self._journal.add("E", one.tag, *said, own=(one.spool,))

    def _leave(self, one: Attempt) -> None:
        """Give back its slot, or its place in the queue."""
        hall = self._halls[one.queue]
        if one.phase is Phase.RUNNING:
            hall.busy -= one.cpus
        elif one.phase is Phase.QUEUED:
            hall.count -= 1

    def _cancel(self, one: Attempt) -> None:
        if one.phase is Phase.ENDED or one.cancelled:
            return
        one.cancelled = True
        one.step += 1
        self._journal.add("C", one.tag)
        now = self._clock()
        if one.phase is Phase.QUEUED:
            self._end(one, now, None)
        else:
            self._plan(one, now + self.settings.cancel_seconds)

    def _accept(self, handover: Handover, now: float) -> Receipt | Refusal:
        tag = handover.tag
        if tag in self._attempts:
            return Receipt(tag=tag, id=_id(tag))
        fate = self._plain or fate_of(self.settings, tag)
        hall = self._halls.get(handover.ce)
        if hall is None:
            return self._refuse(tag, f"there is no queue {handover.ce}")
        if fate.refused:
            return self._refuse(tag, "the submission was refused (so the dice said)")
        if handover.cpus > hall.queue.slots:
            return self._refuse(tag, f"the queue has {hall.queue.slots} slots, and {handover.cpus} were asked for")
        self._enter(Attempt(tag, handover.ce, now, fate, cpus=handover.cpus, time=now))
        self._journal.add("A", tag, handover.ce, now, handover.cpus)
        return Receipt(tag=tag, id=_id(tag))

    def _refuse(self, tag: str, text: str) -> Refusal:
        return Refusal(tag=tag, reason=reason("site_refused", site=self.name, text=text))

    def _enter(self, one: Attempt) -> None:
        faults = self.settings.faults
        if one.fate.late:
            one.unseen = (one.accepted, one.accepted + faults.late_seconds)
        elif one.fate.vanishes:
            begin = one.accepted + one.fate.part * self.settings.run_seconds
            one.unseen = (begin, begin + faults.vanish_seconds)
        hall = self._halls[one.queue]
        hall.count += 1
        self._attempts[one.tag] = one
        self._plan(one, one.accepted + hall.queue.latency)

    def _plan(self, one: Attempt, when: float) -> None:
        """The next thing happens to it then; what was planned before does not."""
        one.step += 1
        self._planned += 1
        heapq.heappush(self._plans, (when, self._planned, one.tag, one.step))

    # ---- troubles, news, memory

    def _trouble(self) -> bool | None:
        """Roll for this call. None: no trouble; else it is going to be cut off, True when it does its work first."""
        faults = self.settings.faults
        if not faults.hang and not faults.slow:
            return None
        with self._state:
            hang, slow, done = (self._dice.random() for _ in range(3))
        if slow < faults.slow:
            self._sleep(faults.slow_seconds)
        if hang < faults.hang:
            return done < 0.5
        return None

    def _complain(self, trouble: bool | None) -> None:
        if trouble is not None:
            seconds = self.settings.faults.hang_seconds
            self._sleep(seconds)
            raise SiteUnavailable(f"site {self.name}: no answer within {seconds:g} s (so the dice said)")

    def _tell(self) -> None:
        with self._state:
            news, self._news = self._news, []
            watchers = list(self._watchers)
        if news:
            for watcher in watchers:
                watcher(news)

    def _read(self) -> None:
        """Find everything again: what waited waits, what ran goes on, what was over is over."""
        for fact in self._journal.read():
            self._recall(fact)
        facts: list[Fact] = []
        for one in self._attempts.values():
            facts.append(["A", one.tag, one.queue, one.accepted, one.cpus])
            if one.phase is Phase.RUNNING:
                facts.append(["S", one.tag, one.time])
                if one.cancelled:
                    facts.append(["C", one.tag])
                if one.payload_at is not None:
                    facts.append(["P", one.tag, one.payload_at])
            elif one.phase is Phase.ENDED:
                facts.append(["E", one.tag, one.time, one.exit_code, one.killed, one.cancelled, one.lost, one.spool])
        self._journal.rewrite(facts)

    def _recall(self, fact: Fact) -> None:
        kind, tag, *rest = fact
        if kind == "A":
            queue, accepted, cpus = rest
            if queue in self._halls:
                fate = self._plain or fate_of(self.settings, tag)
                self._enter(Attempt(tag, queue, accepted, fate, cpus=cpus, time=accepted))
            return
        one = self._attempts.get(tag)
        if one is None:
            return
        if kind == "S":
            hall = self._halls[one.queue]
            hall.busy += one.cpus
            hall.count -= 1
            one.phase = Phase.RUNNING
            one.time = rest[0]
            one.spool = [lines.running(one.number, one.instance, one.time, f"wn.{self.settings.host}")]
            self._plan(one, one.time + self.settings.prepare_seconds)
        elif kind == "P":
            one.payload_at = rest[0]
            one.spool = []
            one.step += 1
            if not one.fate.sticks:
                seconds = one.fate.run_seconds / self._halls[one.queue].queue.speed
                self._plan(one, rest[0] + (seconds * one.fate.part if one.fate.dies_late else seconds))
        elif kind == "C":
            one.cancelled = True
            if one.phase is Phase.RUNNING:
                self._plan(one, self._clock() + self.settings.cancel_seconds)
        elif kind == "E":
            if one.phase is not Phase.ENDED:
                self._leave(one)
            one.phase = Phase.ENDED
            one.time, one.exit_code, one.killed, one.cancelled, one.lost, spool = rest
            one.spool = list(spool)
            one.step += 1
        elif kind == "F":
            self._leave(one)
            del self._attempts[tag]


def _id(tag: str) -> str:
    return f"sim-{tag}"
