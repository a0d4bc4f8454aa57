from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gridwms.classad import ClassAd
from gridwms.flow.deliver import run_errands
from gridwms.flow.feedback import Feedback
from gridwms.flow.follow import look
from gridwms.flow.schedule import Scheduler
from gridwms.flow.submit import register
from gridwms.flow.world import FlowSettings, World
from gridwms.jobs.job import Job
from gridwms.market.snapshot import Resource, Snapshot
from gridwms.sandbox.area import Area
from gridwms.store import jobs as rows
from gridwms.store.database import Database
from tests.flow.scripted import ScriptedSite


class FixedMarket:
    """A market that holds what the test puts into it."""

    def __init__(self, *resources: Resource) -> None:
        self.snapshot = Snapshot(0, 0.0)
        self.put(*resources)

    def put(self, *resources: Resource) -> None:
        self.snapshot = Snapshot(self.snapshot.version + 1, 0.0, resources)

    def times(self, entry: Resource) -> tuple[float, float]:
        return 0.0, 1e12


def place(number: int = 1, site: str | None = "scripted", **attributes: object) -> Resource:
    host = f"ce{number}.example.org"
    ce_id = f"{host}:2119/jobmanager-test-default"
    values: dict[str, object] = {
        "GlueCEUniqueID": ce_id,
        "GlueCEInfoHostName": host,
        "GlueCEStateStatus": "Production",
        "GlueCEStateFreeJobSlots": 10,
        "GlueCEStateEstimatedResponseTime": number,
    }
    return Resource(
        ce_id=ce_id,
        host=host,
        site=site,
        source="test",
        ad=ClassAd.from_values(values | attributes),  # type: ignore[arg-type]
    )


@dataclass
class Stage:
    """A world with one scripted site, a market of one resource, and a clock that stands still."""

    world: World
    site: ScriptedSite
    market: FixedMarket
    time: list[float] = field(default_factory=lambda: [1000.0])

    def submit(self, extra: str = "", count: int = 1) -> list[str]:
        text = f'[Executable = "/bin/true"; ShallowRetryCount = 2; RetryCount = 1; {extra}]'.encode()
        answers = register(self.world, "ann", "", [text] * count)
        keys = [answer.key for answer in answers if answer.key]
        assert len(keys) == count, answers[0].problems
        return keys

    def job(self, key: str) -> Job:
        return self.world.database.read(lambda c: rows.load(c, [key]))[key][1]

    def schedule(self) -> None:
        scheduler = Scheduler(self.world)
        while scheduler.round():
            pass

    def feedback(self) -> None:
        """Let it be heard what became of attempts."""
        feedback = Feedback(self.world)
        while feedback.read_on():
            pass

    def errands(self) -> float | None:
        return run_errands(self.world, self.site)

    def look(self) -> int:
        return look(self.world, self.site)

    def pass_time(self, seconds: float) -> None:
        self.time[0] += seconds


@pytest.fixture
def stage(tmp_path: Path, url: str) -> Iterator[Stage]:
    database = Database(url)
    market = FixedMarket(place())
    site = ScriptedSite()
    time = [1000.0]
    world = World(
        database=database,
        market=market,  # type: ignore[arg-type]
        sandbox=Area(tmp_path / "sandbox"),
        sites={site.name: site},
        settings=FlowSettings(),
        capability=lambda tag: f"cap-{tag}",
        clock=lambda: time[0],
        rng=random.Random(1),
    )
    yield Stage(world, site, market, time)
    database.close()
