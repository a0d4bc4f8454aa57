"""Turns by share: two VOs and a flood, a newcomer beside a hundred thousand, groups and users, own priorities."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gridwms.flow.explain import why
from gridwms.flow.record import record
from gridwms.flow.schedule import Scheduler
from gridwms.flow.share.recount import Recount
from gridwms.flow.status import status
from gridwms.flow.submit import register
from gridwms.flow.world import SitePolicy
from gridwms.jobs.charges import faded
from gridwms.jobs.events import Ended, EndKind, Event, Finished, Running
from gridwms.jobs.states import State
from gridwms.match.shares import Party, Shares
from gridwms.store import events as log
from gridwms.store import jobs as rows
from gridwms.store import listing, shares
from tests.flow.conftest import Stage, place

TRUE = b'[Executable = "/bin/true"; ]'


class Site:
    """Runs what is placed on so many slots, by the clock of the stage: nobody queues there."""

    def __init__(self, stage: Stage, slots: int, settings: Shares) -> None:
        self.stage, self.rng = stage, random.Random(7)
        stage.market.put(place(1, GlueCEStateFreeJobSlots=slots))
        stage.world.settings = replace(
            stage.world.settings, shares=settings, site_policies={"scripted": SitePolicy(max_jobs=slots)}
        )
        self.scheduler = Scheduler(stage.world)
        self.ends: dict[str, float] = {}
        self.placed: list[str] = []

    def hand_in(self, owner: str, count: int, vo: str = "", fqan: str = "", text: bytes = TRUE) -> list[str]:
        return [one.key for one in register(self.stage.world, owner, vo, [text] * count, fqan=fqan) if one.key]

    def tick(self, seconds: float = 1.0) -> None:
        """Time goes on, payloads end, free places are given away, and what got one starts."""
        now = self.stage.time[0] = self.stage.time[0] + seconds
        over: list[tuple[str, Event]] = []
        for key in [key for key, end in self.ends.items() if end <= now]:
            end = self.ends.pop(key)
            over.append((key, Finished(id="f", time=end, attempt=1, exit_code=0)))
            over.append((key, Ended(id="e", time=end, attempt=1, kind=EndKind.COMPLETED)))
        record(self.stage.world, over)
        while self.scheduler.round():
            pass
        number = self.stage.world.database.read(lambda c: listing.numbers(c, None, [State.READY], None, 10_000))
        stored = self.stage.world.database.read(lambda c: rows.load_numbers(c, number))
        started = [key for key, (_number, job) in stored.items() if key not in self.ends]
        record(self.stage.world, [(key, Running(id="r", time=now, attempt=1)) for key in started])
        self.ends |= {key: now + self.rng.uniform(5, 15) for key in started}
        self.placed += started

    def running(self) -> Counter[str]:
        """Who runs how many now, by VO, group and owner."""
        stored = self.stage.world.database.read(lambda c: rows.load(c, list(self.ends)))
        return Counter("".join((job.vo, job.fqan, job.owner)) for _number, job in stored.values())


@pytest.fixture
def url(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/gridwms.sqlite"


def test_two_vos_converge_to_their_shares_under_a_flood(stage: Stage) -> None:
    site = Site(stage, 40, Shares(half_life_seconds=30, vos={"a": Party(share=70), "b": Party(share=30)}))
    site.hand_in("bob", 700, "b")
    for _ in range(20):
        site.tick()
    assert site.running() == {"bbob": 40}, "who is alone has all of it"
    for n in range(70):
        if n % 10 == 0:
            site.hand_in("ann", 60, "a")
        site.tick()
    later: Counter[str] = Counter()
    for _ in range(30):
        site.tick()
        later += site.running()
    assert later["aann"] / later.total() == pytest.approx(0.7, abs=0.04)
    assert later.total() == 30 * 40, "no slot is empty while anybody waits"
    now = stage.world.clock()
    kept = stage.world.database.read(lambda c: shares.changed_since(c, 0.0))
    recount = Recount()
    keys = [*site.placed]
    for key in keys:
        recount.add(stage.world.database.read(lambda c, k=key: log.of_job(c, k)))  # type: ignore[misc]
    counted = recount.holdings(30)
    assert {key: faded(one, now, 30).usage for key, one in kept.items()} == pytest.approx(
        {key: faded(one, now, 30).usage for key, one in counted.items()}
    )
    assert stage.world.database.read(lambda c: list(recount.differences(c))) == []


def test_a_newcomer_goes_first_and_whoever_waits_is_told(stage: Stage) -> None:
    site = Site(stage, 10, Shares(half_life_seconds=1000))
    flood = site.hand_in("ann", 500)
    for _ in range(5):
        site.tick()
    new = site.hand_in("bob", 8)
    site.tick(0.01)
    answer = why(stage.world, flood[-1])
    assert answer.reason is not None and answer.reason.code == "fair_share"
    assert "8 waiting jobs of others go first" in answer.sentence and "user ann had 100.0%" in answer.sentence
    [view] = status(stage.world, [flood[-1]])
    assert view.reason == answer.reason
    first = why(stage.world, new[0])
    assert first.reason is not None and first.reason.code == "all_full", "nobody goes before bob"
    before = len(site.placed)
    for _ in range(9):
        site.tick()
    assert len(set(site.placed[before : before + 6]) & set(new)) >= 4, "nearly all that is free until he has half"
    for _ in range(30):
        site.tick()
    again = why(stage.world, flood[-1])
    assert again.reason is not None and again.reason.code == "all_full", "bob's are through"


def test_groups_share_what_their_vo_gets_and_users_what_their_group_gets(stage: Stage) -> None:
    groups: Mapping[str, Party] = {"/a/prod": Party(share=3)}
    site = Site(stage, 48, Shares(half_life_seconds=10, groups=groups))
    for owner, fqan in (("ann", "/a/prod"), ("bob", "/a/prod"), ("cid", "")):
        site.hand_in(owner, 600, "a", fqan)
    site.hand_in("dan", 600, "b")
    for _ in range(60):
        site.tick()
    had: Counter[str] = Counter()
    for _ in range(20):
        site.tick()
        had += site.running()
    parts = {name: count / had.total() for name, count in had.items()}
    right = {"a/a/prodann": 0.1875, "a/a/prodbob": 0.1875, "acid": 0.125, "bdan": 0.5}
    assert parts == pytest.approx(right, abs=0.03)


def test_own_priorities_order_own_jobs_alone(stage: Stage) -> None:
    site = Site(stage, 3, Shares(on=False))
    late = site.hand_in("bob", 2)
    low = site.hand_in("ann", 2)
    high = site.hand_in("ann", 2, text=b'[Executable = "/bin/true"; Priority = 7;]')
    other = site.hand_in("ann", 1, text=b'[Executable = "/bin/false"; Arguments = "x"; Priority = 50; RetryCount = 0;]')
    site.tick()
    assert set(site.placed) == {*late, other[0]}, "bob waits longest; of ann's jobs the one with the highest priority"
    for _ in range(40):
        site.tick()
    assert set(site.placed[3:5]) <= {*high, *low} and site.placed[3:].index(high[0]) < site.placed[3:].index(low[1])


def test_shares_can_be_turned_off(stage: Stage) -> None:
    site = Site(stage, 4, Shares(on=False, half_life_seconds=100))
    flood = site.hand_in("ann", 40)
    site.tick()
    new = site.hand_in("bob", 1)
    for _ in range(20):
        site.tick()
    assert new[0] not in site.placed and len(site.placed) < len(flood)
