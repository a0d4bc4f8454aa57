"""The line to a real A-REX is cut, its door is killed, and so are we, at random moments: every payload runs once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from gridwms.sites.arc import ArcSettings
from gridwms.sites.arc.activity import activity_of
from gridwms.sites.arc.rest import Rest
from gridwms.sites.contract import Phase, Receipt, SiteUnavailable
from tests.services import arex
from tests.services.line import Line, line
from tests.sites.arc_rig import ArcRig
from tests.sites.contract import receipts_of, tags

SETTLE = 5.0
"""Longer than A-REX is busy here with what a broken request has brought."""


@pytest.fixture
def cable(real_arex: arex.Arex) -> Iterator[Line]:
    with line(real_arex.port) as made:
        yield made


def deliver(site: ArcRig, wanted: list[str], chunk: int, trouble: Callable[[], None]) -> list[Receipt]:
    """As the service does it: what is in doubt is asked about before anything is sent again."""
    receipts: dict[str, Receipt] = {}
    begun: set[str] = set()
    while len(receipts) < len(wanted):
        trouble()
        try:
            for tag, receipt in site.site.find(sorted(begun)).items():
                begun.discard(tag)
                if receipt is not None:
                    receipts[tag] = receipt
            fresh = [tag for tag in wanted if tag not in receipts and tag not in begun][:chunk]
            begun.update(fresh)
            for answer in receipts_of(site.site.submit([site.quick(tag) for tag in fresh])):
                receipts[answer.tag] = answer
                begun.discard(answer.tag)
        except SiteUnavailable:
            pass
        time.sleep(0.1 if begun else 0)
    return list(receipts.values())


def names_at(real_arex: arex.Arex, settings: ArcSettings) -> list[str]:
    """The names of all jobs of alice that A-REX has."""
    rest = Rest(replace(settings, url=real_arex.url))
    found = [activity_of(answer) for answer in rest.each("info", rest.ids())]
    rest.close()
    return [one.name for one in found if one is not None]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("count", "chunk", "troubles"), [(8, 4, 3), pytest.param(500, 25, 40, marks=pytest.mark.long)])
def test_every_payload_runs_once(
    real_arex: arex.Arex,
    real_arc: ArcRig,
    cable: Line,
    count: int,
    chunk: int,
    troubles: int,
) -> None:
    chance, rig = random.Random(count), real_arc
    rig.settings = replace(rig.settings, url=f"https://localhost:{cable.port}/arex", settle_seconds=SETTLE)
    rig.ce = rig.ce.replace(str(real_arex.port), str(cable.port))
    rig.restart()
    left = [chance.choice(("cut", "deaf", "kill", "restart")) for _ in range(troubles - 3)] + ["cut", "deaf", "kill"]
    size = 1500 * chunk

    kills: list[threading.Timer] = []
    door = threading.Lock()

    def kill() -> None:
        with door:
            real_arex.kill_door()
            real_arex.start_door()

    def trouble() -> None:
        if not left or cable.cut_at is not None or cable.deaf_at is not None:
            return
        kind = left.pop()
        if kind == "cut":
            cable.cut_at = chance.randrange(size)
        elif kind == "deaf":
            cable.deaf_at = chance.randrange(size)
        elif kind == "restart":
            rig.restart()
        else:
            kills.append(threading.Timer(chance.uniform(0, 0.5), kill))
            kills[-1].start()

    mine = tags(count)
    receipts = deliver(rig, mine, chunk, trouble)
    for one in kills:
        one.join()
    assert cable.cuts >= (1 if count == 8 else 10)
    assert sorted(one.tag for one in receipts) == sorted(mine)
    rig.wait(lambda: seen(rig, receipts) == {Phase.ENDED}, seconds=60 + 2 * count)
    assert [rig.ran(tag) for tag in mine] == [1] * count
    assert sorted(set(names_at(real_arex, rig.settings)) & set(mine)) == sorted(mine)
    assert len([name for name in names_at(real_arex, rig.settings) if name in set(mine)]) == count
    rig.site.forget(receipts)
    rig.wait(lambda: not set(names_at(real_arex, rig.settings)) & set(mine))


def seen(site: ArcRig, receipts: list[Receipt]) -> set[Phase]:
    try:
        return {one.phase for one in site.site.status(receipts)}
    except SiteUnavailable:
        return set()
