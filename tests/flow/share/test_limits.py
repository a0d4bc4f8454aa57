"""Limits of VOs, groups and users, in all and by site: never exceeded, and named when they hold a job back."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.flow.explain import why
from gridwms.flow.record import record
from gridwms.flow.schedule import Scheduler
from gridwms.flow.submit import register
from gridwms.flow.world import FlowSettings, World
from gridwms.jobs.events import Ended, EndKind, Running
from gridwms.jobs.states import State
from gridwms.market.snapshot import Resource
from gridwms.match.shares import Limits, Party, Shares
from gridwms.sandbox.area import Area
from gridwms.store import jobs as rows
from gridwms.store import listing, shares
from gridwms.store.database import Database
from tests.flow.conftest import FixedMarket, Stage, place
from tests.flow.scripted import ScriptedSite
from tests.services import postgresql

TRUE = b'[Executable = "/bin/true"; ]'


def two_places() -> list[Resource]:
    return [place(1), place(2, "other")]


def hand_in(world: World, owner: str, count: int, vo: str = "", fqan: str = "") -> list[str]:
    return [one.key for one in register(world, owner, vo, [TRUE] * count, fqan=fqan) if one.key]


def limit(stage: Stage, **given: object) -> None:
    stage.world.settings = replace(stage.world.settings, shares=Shares(**given))  # type: ignore[arg-type]
    stage.market.put(*two_places())


def where(stage: Stage, keys: list[str]) -> Counter[str]:
    return Counter(job.attempts[0].site for key in keys if (job := stage.job(key)).attempts)


def test_a_user_has_no_more_at_sites_than_allowed(stage: Stage) -> None:
    limit(stage, each_user=Party(limits=Limits(running=3)), users={"bob": Party(limits=Limits(running=5))})
    ann, bob = hand_in(stage.world, "ann", 9), hand_in(stage.world, "bob", 9)
    stage.schedule()
    assert (where(stage, ann).total(), where(stage, bob).total()) == (3, 5)
    answer = why(stage.world, ann[-1])
    assert answer.sentence == "user ann has as many jobs at all sites as it may have: 3 at once."
    done = [Running(id="r", time=1000.0, attempt=1), Ended(id="e", time=1001.0, attempt=1, kind=EndKind.COMPLETED)]
    record(stage.world, [(key, event) for key in ann[:2] for event in done])
    stage.schedule()
    assert where(stage, ann).total() == 5, "two that ended made room"


def test_a_vo_has_its_limits_at_a_site_and_goes_elsewhere(stage: Stage) -> None:
    at_sites = {"scripted": Limits(running=2), "other": Limits(queued=4)}
    limit(stage, vos={"a": Party(limits=Limits(sites=at_sites))})
    mine, others = hand_in(stage.world, "ann", 9, "a"), hand_in(stage.world, "bob", 9, "b")
    stage.schedule()
    assert where(stage, mine) == {"scripted": 2, "other": 4}
    assert where(stage, others).total() == 9
    answer = why(stage.world, mine[-1])
    assert "VO a has as many jobs at other" in answer.sentence and "4 that do not run yet" in answer.sentence
    there = [key for key in mine if (job := stage.job(key)).attempts and job.attempts[0].site == "other"]
    record(stage.world, [(key, Running(id="r", time=1000.0, attempt=1)) for key in there[:3]])
    stage.schedule()
    assert where(stage, mine) == {"scripted": 2, "other": 7}, "what runs is not queued any more"


def test_groups_are_counted_apart_and_a_job_without_one_in_none(stage: Stage) -> None:
    limit(stage, each_group=Party(limits=Limits(queued=1)))
    for fqan, right in (("/a/x", 1), ("/a/y", 1), ("", 4)):
        assert where_after(stage, hand_in(stage.world, "ann", 4, "a", fqan)) == right


def where_after(stage: Stage, keys: list[str]) -> int:
    stage.schedule()
    return where(stage, keys).total()


def test_the_reason_goes_when_the_limit_does(stage: Stage) -> None:
    limit(stage, each_user=Party(limits=Limits(running=1)))
    keys = hand_in(stage.world, "ann", 2)
    stage.schedule()
    assert len(stage.world.database.read(shares.holds_of)) == 1
    limit(stage)
    stage.schedule()
    assert stage.world.database.read(shares.holds_of) == {}
    assert stage.job(keys[1]).state is State.READY


def test_limits_hold_exactly_under_two_instances(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    """Both match at the same time, as when a lease is lost unnoticed: the transaction that places a job decides."""
    url, settings = postgresql_server.new_database(), FlowSettings()
    limits = Shares(each_user=Party(limits=Limits(running=7)), vos={"a": Party(limits=Limits(running=11))})
    worlds = [
        World(
            database=Database(url),
            market=FixedMarket(*two_places()),  # type: ignore[arg-type]
            sandbox=Area(tmp_path / name),
            sites={"scripted": ScriptedSite()},
            settings=replace(settings, shares=limits),
            capability=lambda tag: tag,
            rng=random.Random(name),
            instance=name,
        )
        for name in ("first", "second")
    ]
    for owner in ("ann", "bob"):
        hand_in(worlds[0], owner, 30, "a")
    schedulers = [Scheduler(world) for world in worlds]
    most = 0
    for turn in range(4):
        barrier = threading.Barrier(2)

        def match(scheduler: Scheduler, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            for _ in range(3):
                scheduler.round()

        threads = [threading.Thread(target=match, args=(one,)) for one in schedulers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = worlds[0].database.read(shares.held)
        of_users = Counter({account: 0 for account, _site in held})
        for (account, _site), holding in held.items():
            of_users[account] += holding.held
        assert max(of_users.values()) <= 7 and of_users.total() == 11, of_users
        most = max(most, *of_users.values())
        number = worlds[0].database.read(lambda c: listing.numbers(c, None, [State.READY], None, 100))
        ending = worlds[0].database.read(lambda c, n=number: rows.load_numbers(c, n))  # type: ignore[misc]
        some = random.Random(turn).sample(sorted(ending), 5)
        record(worlds[turn % 2], [(k, Ended(id="e", time=1.0, attempt=1, kind=EndKind.COMPLETED)) for k in some])
    assert most >= 6
    for world in worlds:
        world.database.close()


@pytest.mark.parametrize("on", [True, False])
def test_limits_hold_without_fair_share(stage: Stage, on: bool) -> None:
    limit(stage, on=on, each_vo=Party(limits=Limits(queued=2)))
    assert where_after(stage, hand_in(stage.world, "ann", 5, "a")) == 2
