"""A site that does not come back with an answer holds up no other."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.daemon.service import Service
from gridwms.daemon.site_sections import SimulatedQueue, SimulatedSite
from gridwms.flow.submit import register
from gridwms.security import capability
from gridwms.sites.contract import SiteUnavailable
from gridwms.store.tables import attempts, jobs
from tests.daemon.test_black_hole import wait


def site(host: str) -> SimulatedSite:
    queues = (SimulatedQueue(slots=50),)
    return SimulatedSite(kind="simulated", host=host, queues=queues, poll_seconds=0.2, refresh_seconds=0.5)


CONFIG = Config(sites={"quick": site("quick.example"), "slow": site("slow.example")})


def test_a_slow_site_delays_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = build(CONFIG, tmp_path, "http://127.0.0.1:1", capability.load(tmp_path))
    world, service = parts.world, Service(parts.world, CONFIG, parts.measures)
    hangs, over = threading.Event(), threading.Event()

    def hang(*_words: object) -> None:
        hangs.set()
        over.wait(120)
        raise SiteUnavailable("it took two minutes")

    monkeypatch.setattr(world.sites["slow"], "submit", hang)
    service.start()
    try:
        assert wait(lambda: len(world.market.snapshot.resources) == 2)
        for where in ("slow", "quick", "quick"):
            text = f'[Executable = "/bin/true"; Requirements = other.GridwmsSite == "{where}";]'
            register(world, "ann", "", [text.encode()] * 20)
            assert where == "quick" or hangs.wait(60)
        done = {"DONE": 40, "READY": 20}
        assert wait(lambda: Counter(world.database.read(lambda c: list(c.scalars(select(jobs.c.state))))) == done)
        assert world.database.read(lambda c: list(c.scalars(select(attempts.c.site)))).count("quick") == 40
    finally:
        over.set()
        service.stop()
