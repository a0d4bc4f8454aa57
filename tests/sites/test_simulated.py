"""The simulated site passes the contract, and its bad days are as they were ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from gridwms.sites.contract import Handover, Phase, Receipt, Refusal, SiteUnavailable
from gridwms.sites.simulated import Faults, Queue, SimulatedSettings, SimulatedSite, TokenRequest
from tests.sites.contract import Rig, SiteContract, receipts_of, tags

CE = "ce.simulated.example:8443/cream-simulated-default"


class Service:
    """The service that invented wrappers talk to."""

    def __init__(self) -> None:
        self.payloads: Counter[str] = Counter()
        self.lines: dict[str, list[str]] = {}
        self.away = False
        self.refuses: set[str] = set()

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        if self.away:
            return [None] * len(requests)
        for one in requests:
            self.lines.setdefault(one.tag, []).extend(one.lines)
        granted = [one.tag not in self.refuses for one in requests]
        self.payloads.update(one.tag for one, yes in zip(requests, granted, strict=True) if yes)
        return list(granted)

    def send_events(self, reports: Sequence[tuple[str, Sequence[str]]]) -> list[bool | None]:
        if self.away:
            return [None] * len(reports)
        for tag, lines in reports:
            self.lines.setdefault(tag, []).extend(lines)
        return [True] * len(reports)

    def types(self, tag: str) -> list[str]:
        return [line.split("&")[0].removeprefix("type=") for line in self.lines.get(tag, [])]


class SimulatedRig(Rig):
    """A site on a clock that tests move."""

    ce = CE
    opened: ClassVar[list[SimulatedRig]] = []

    def __init__(self, directory: Path, **settings: object) -> None:
        self.now = 1_700_000_000.0
        self.service = Service()
        self.slept: list[float] = []
        base = SimulatedSettings(
            directory=directory,
            queues=(Queue(slots=2),),
            run_seconds=10.0,
            prepare_seconds=1.0,
            cancel_seconds=2.0,
            leaves_events=False,
        )
        self.settings = replace(base, **settings)  # type: ignore[arg-type]
        self.slots = self.settings.queues[0].slots
        self.open()
        self.opened.append(self)

    def open(self) -> None:
        self.site: SimulatedSite = SimulatedSite(self.settings, lambda: self.now, self.service, self.slept.append)

    def quick(self, tag: str) -> Handover:
        return Handover(tag=tag, ce=CE, script="")

    endless = quick

    def ran(self, tag: str) -> int:
        return self.service.payloads[tag]

    def pass_time(self, seconds: float) -> None:
        """Let the clock run, from one thing that happens to the next."""
        end = self.now + seconds
        while True:
            due = self.site.play()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
        self.now = end

    def wait(self, what: Callable[[], bool], seconds: float = 30) -> None:
        for _ in range(20_000):
            due = self.site.play()
            if what():
                return
            self.now = max(self.now + 0.5, due or 0)
        raise AssertionError("not in time")

    def restart(self) -> None:
        self.site.close()
        self.open()

    def release(self) -> None:
        pass


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    """Let go of every site that a test has opened."""
    yield
    while SimulatedRig.opened:
        SimulatedRig.opened.pop().site.close()


@pytest.fixture
def rig(tmp_path: Path) -> SimulatedRig:
    return SimulatedRig(tmp_path / "site")


class TestSimulated(SiteContract):
    """The contract."""


def one(tmp_path: Path, **faults: float) -> tuple[SimulatedRig, Receipt]:
    """A site with these faults, and an attempt at it."""
    rig = SimulatedRig(tmp_path / "site", faults=Faults(**faults))
    return rig, receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))[0]


def test_last_words_are_left_to_the_site(tmp_path: Path) -> None:
    rig = SimulatedRig(tmp_path / "site", leaves_events=True)
    receipt = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))[0]
    rig.pass_time(20)
    assert rig.service.types(receipt.tag) == ["Running"]
    for _ in range(2):
        (left,) = rig.site.collect([receipt])
        assert [line.split("&")[0] for line in left.events] == ["type=Finished"]
        rig.restart()


def test_the_wrapper_is_played(rig: SimulatedRig) -> None:
    receipt = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))[0]
    rig.pass_time(20)
    assert rig.service.types(receipt.tag) == ["Running", "Finished"]
    finished = rig.service.lines[receipt.tag][1]
    assert "exit_code=0" in finished
    assert "real=10.00" in finished
    assert rig.site.status([receipt])[0].time == 1_700_000_011.0
    assert rig.site.collect([receipt])[0].events == ()


def test_speed_and_latency(tmp_path: Path) -> None:
    rig = SimulatedRig(tmp_path / "site", queues=(Queue(slots=1, speed=2.0, latency=7.0),))
    receipt = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))[0]
    rig.pass_time(6.9)
    assert rig.site.status([receipt])[0].phase is Phase.QUEUED
    rig.pass_time(20)
    assert rig.site.status([receipt])[0].time == pytest.approx(1_700_000_000.0 + 7 + 1 + 5)


def test_refusal_by_the_dice(tmp_path: Path) -> None:
    rig = SimulatedRig(tmp_path / "site", faults=Faults(refuse=0.5))
    answers = rig.site.submit([rig.quick(tag) for tag in tags(200)])
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert 60 < len(refused) < 140
    assert rig.site.find([refused[0].tag]) == {refused[0].tag: None}


def test_unknown_queue_is_refused(rig: SimulatedRig) -> None:
    answer = rig.site.submit([Handover(tag=tags(1)[0], ce="elsewhere", script="")])[0]
    assert isinstance(answer, Refusal)


def test_death_before_the_token_leaves_no_word(tmp_path: Path) -> None:
    rig, receipt = one(tmp_path, die_early=1)
    rig.pass_time(30)
    sighting = rig.site.status([receipt])[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.reason is not None
    assert sighting.reason.code == "killed_at_site"
    assert rig.ran(receipt.tag) == 0
    assert rig.service.lines == {}


def test_death_after_the_token(tmp_path: Path) -> None:
    rig, receipt = one(tmp_path, die_late=1)
    rig.pass_time(30)
    assert rig.site.status([receipt])[0].reason is not None
    assert rig.ran(receipt.tag) == 1
    assert rig.service.types(receipt.tag) == ["Running"]


def test_a_lost_one_is_gone(tmp_path: Path) -> None:
    rig, receipt = one(tmp_path, lose=1)
    rig.pass_time(30)
    assert rig.site.status([receipt])[0].phase is Phase.GONE
    assert rig.site.find([receipt.tag]) == {receipt.tag: None}


def test_one_that_sticks_goes_only_when_it_is_cancelled(tmp_path: Path) -> None:
    rig, receipt = one(tmp_path, stick=1)
    rig.pass_time(1e6)
    assert rig.site.status([receipt])[0].phase is Phase.RUNNING
    rig.site.cancel([receipt])
    rig.pass_time(2)
    assert rig.site.status([receipt])[0].cancelled
    assert rig.service.types(receipt.tag) == ["Running", "Finished"]


def test_a_payload_that_fails_is_no_failure_of_the_site(tmp_path: Path) -> None:
    rig, receipt = one(tmp_path, fail=1)
    rig.pass_time(30)
    assert rig.site.status([receipt])[0].exit_code == 0
    assert "exit_code=1" in rig.service.lines[receipt.tag][1]


def test_not_yet_visible(tmp_path: Path) -> None:
    rig, receipt = one(tmp_path, late=1, late_seconds=30)
    assert rig.site.find([receipt.tag]) == {}
    assert rig.site.status([receipt])[0].phase is Phase.NOT_YET_VISIBLE
    rig.pass_time(31)
    assert rig.site.find([receipt.tag]) == {receipt.tag: receipt}
    assert rig.site.status([receipt])[0].phase is Phase.ENDED


def test_a_status_that_forgets_jobs_for_a_minute(tmp_path: Path) -> None:
    rig = SimulatedRig(tmp_path / "site", faults=Faults(vanish=1, vanish_seconds=60), run_seconds=100.0)
    receipt = receipts_of(rig.site.submit([rig.quick(tags(1)[0])]))[0]
    seen = []
    for _ in range(200):
        seen.append(rig.site.status([receipt])[0].phase)
        rig.pass_time(1)
    assert 59 <= seen.count(Phase.NOT_YET_VISIBLE) <= 61
    assert seen[-1] is Phase.ENDED
    assert Phase.GONE not in seen


def test_a_site_that_hangs(tmp_path: Path) -> None:
    rig = SimulatedRig(tmp_path / "site", faults=Faults(hang=0.5, hang_seconds=120))
    mine = tags(60)
    told: set[str] = set()
    for tag in mine:
        try:
            told |= {answer.tag for answer in rig.site.submit([rig.quick(tag)])}
        except SiteUnavailable as error:
            assert "no answer within 120 s" in str(error)
    assert set(rig.slept) == {120}
    calm = replace(rig.settings, faults=Faults())
    rig.site.close()
    rig.settings = calm
    rig.open()
    there = {tag for tag, receipt in rig.site.find(mine).items() if receipt is not None}
    assert told < there < set(mine)  # of those in doubt, some are there and some are not


def test_slow_answers(tmp_path: Path) -> None:
    rig = SimulatedRig(tmp_path / "site", faults=Faults(slow=1, slow_seconds=9))
    assert rig.site.find([]) == {}
    assert rig.slept == [9]


def test_a_token_that_is_refused_ends_it_in_silence(rig: SimulatedRig) -> None:
    tag = tags(1)[0]
    rig.service.refuses.add(tag)
    receipt = receipts_of(rig.site.submit([rig.quick(tag)]))[0]
    rig.pass_time(30)
    assert rig.site.status([receipt])[0].exit_code == 16
    assert rig.service.types(tag) == ["Running"]


def test_a_service_that_is_away(rig: SimulatedRig) -> None:
    """No token, no payload; what cannot be told at the end is collected."""
    first = tags(1)[0]
    rig.service.away = True
    receipts = receipts_of(rig.site.submit([rig.quick(first)]))
    rig.pass_time(100)
    assert rig.ran(first) == 0
    rig.service.away = False
    rig.pass_time(3)
    assert rig.ran(first) == 1
    rig.service.away = True
    rig.pass_time(30)
    assert rig.site.status(receipts)[0].phase is Phase.ENDED
    assert [line.split("&")[0] for line in rig.site.collect(receipts)[0].events] == ["type=Finished"]
    rig.restart()
    assert [line.split("&")[0] for line in rig.site.collect(receipts)[0].events] == ["type=Finished"]


def test_luck_is_a_matter_of_seed_and_tag(tmp_path: Path) -> None:
    mine = tags(50)

    def outcome(folder: str, seed: int) -> list[object]:
        faults = Faults(die_early=0.3, die_late=0.3, lose=0.3, refuse=0.2)
        rig = SimulatedRig(tmp_path / folder, faults=faults, seed=seed, spread=0.5)
        rig.site.submit([rig.quick(tag) for tag in mine])
        rig.pass_time(10_000)
        return [(x.phase, x.time, x.exit_code) for x in rig.site.status([Receipt(tag=t, id="") for t in mine])]

    assert outcome("a", 1) == outcome("b", 1) != outcome("c", 2)


def test_a_restart_at_any_moment_changes_nothing(tmp_path: Path) -> None:
    mine = tags(30)

    def outcome(folder: str, restarts: int) -> list[object]:
        faults = Faults(die_early=0.2, die_late=0.2, lose=0.2, vanish=0.2)
        rig = SimulatedRig(tmp_path / folder, faults=faults, spread=0.5)
        rig.site.submit([rig.quick(tag) for tag in mine])
        for _ in range(restarts):
            rig.pass_time(3.3)
            rig.restart()
        rig.pass_time(10_000)
        sightings = rig.site.status([Receipt(tag=tag, id="") for tag in mine])
        return [(x.phase, x.time, x.exit_code, rig.ran(x.tag), rig.service.types(x.tag)) for x in sightings]

    assert outcome("a", 0) == outcome("b", 40)


def test_it_plays_by_itself_when_asked_to() -> None:
    import threading
    import time

    service = Service()
    site = SimulatedSite(SimulatedSettings(run_seconds=0.01), time.time, service)
    over = threading.Event()
    mine = tags(20)
    site.watch(lambda _: over.set() if all(x.phase is Phase.ENDED for x in site.status(receipts)) else None)
    receipts = [Receipt(tag=tag, id="") for tag in mine]
    site.begin()
    site.submit([Handover(tag=tag, ce=CE, script="") for tag in mine])
    assert over.wait(10)
    site.close()
    assert [service.payloads[tag] for tag in mine] == [1] * 20
