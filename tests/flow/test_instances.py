"""Several instances on one database: each job is delivered by one of them, and a dead one's work goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gridwms.daemon.leaseholder import Leaseholder
from gridwms.flow.deliver import run_errands
from gridwms.flow.schedule import Scheduler
from gridwms.flow.submit import register
from gridwms.flow.world import FlowSettings, World
from gridwms.jobs.states import State
from gridwms.sandbox.area import Area
from gridwms.store import jobs as rows
from gridwms.store import listing
from gridwms.store.database import Database
from tests.flow.conftest import FixedMarket, place
from tests.flow.scripted import ScriptedSite
from tests.services import postgresql


class Instance:
    """One of several services, with its own connection, driving the one site when it has the lease."""

    def __init__(self, name: str, url: str, site: ScriptedSite, directory: Path, time: list[float]) -> None:
        self.world = World(
            database=Database(url),
            market=FixedMarket(place()),  # type: ignore[arg-type]
            sandbox=Area(directory / "sandbox"),
            sites={site.name: site},
            settings=FlowSettings(),
            capability=lambda tag: tag,
            clock=lambda: time[0],
            rng=random.Random(1),
            instance=name,
        )
        self.site = site
        self.leases = Leaseholder(self.world, ["schedule", "site scripted"], seconds=15)
        self.scheduler = Scheduler(self.world)

    def work(self) -> None:
        self.leases.renew()
        if self.leases.have("schedule"):
            self.scheduler.round()
        if self.leases.have("site scripted"):
            run_errands(self.world, self.site)


def test_a_dead_instance_is_taken_over_and_nothing_goes_twice(
    postgresql_server: postgresql.Server, tmp_path: Path
) -> None:
    url, time, site = postgresql_server.new_database(), [1000.0], ScriptedSite()
    first, second = (Instance(name, url, site, tmp_path, time) for name in ("first", "second"))
    text = b'[Executable = "/bin/true";]'
    keys = [r.key for r in register(first.world, "ann", "", [text] * 20) if r.key]
    first.work()
    second.work()
    assert not second.leases.have("site scripted")
    more = [r.key for r in register(second.world, "ann", "", [text] * 20) if r.key]
    time[0] += 5
    second.work()
    assert len(site.handovers) == 20, "the second has no lease, and leaves the new jobs to the first"
    first.world.database.close()  # it dies in the middle of its lease
    time[0] += 9
    second.work()
    assert not second.leases.have("site scripted")
    time[0] += 2
    second.work()
    assert second.leases.have("site scripted")
    assert len(site.handovers) == len({one.tag for one in site.handovers}) == 40
    stored = second.world.database.read(lambda c: rows.load(c, [*keys, *more]))
    assert {job.state for _number, job in stored.values()} == {State.SCHEDULED}
    second.world.database.close()


def test_news_reach_the_other_instance(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    url, time, site = postgresql_server.new_database(), [1000.0], ScriptedSite()
    first, second = (Instance(name, url, site, tmp_path, time) for name in ("first", "second"))
    seen = second.world.waiting.wait(0, 10)  # the listener has begun
    register(first.world, "ann", "", [b'[Executable = "/bin/true";]'])
    assert second.world.waiting.wait(seen, 30) != seen
    assert sum(line.waiting for line in second.world.database.read(lambda c: listing.waiting_lines(c, 9))) == 1
    for one in (first, second):
        one.world.database.close()


def test_a_lease_is_given_back_at_the_end(postgresql_server: postgresql.Server, tmp_path: Path) -> None:
    url, time, site = postgresql_server.new_database(), [1000.0], ScriptedSite()
    first, second = (Instance(name, url, site, tmp_path, time) for name in ("first", "second"))
    first.leases.renew()
    second.leases.renew()
    assert (first.leases.have("schedule"), second.leases.have("schedule")) == (True, False)
    first.leases.stop()
    second.leases.renew()
    assert second.leases.have("schedule")
    for one in (first, second):
        one.world.database.close()


@pytest.mark.parametrize("seconds", [14.0, 16.0])
def test_an_instance_that_cannot_renew_stops_in_time(stage: object, seconds: float) -> None:
    """Ours must have ended before another's can begin, whatever the database says meanwhile."""
    world: World = stage.world  # type: ignore[attr-defined]
    leases = Leaseholder(world, ["schedule"], seconds=15)
    leases.renew()
    stage.pass_time(seconds)  # type: ignore[attr-defined]
    assert leases.have("schedule") is not world.database.shared
