"""What a site may hold, and have waiting, is kept at every moment: with retries, over restarts, when it is in doubt."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gridwms.flow.world import SitePolicy
from gridwms.sites.contract import Phase
from tests.flow.conftest import Stage, place

MOST, WAITING = 20, 8


@pytest.mark.parametrize(("count", "rounds"), [(60, 20), pytest.param(1000, 200, marks=pytest.mark.long)])
def test_never_more_than_it_may_have(stage: Stage, count: int, rounds: int) -> None:
    policy = SitePolicy(max_jobs=MOST, max_queued=WAITING)
    stage.world.settings = replace(stage.world.settings, site_policies={"scripted": policy})
    stage.market.put(place(1, GlueCEStateFreeJobSlots=9999), place(2, GlueCEStateFreeJobSlots=9999))
    stage.submit(count=count)
    chance, most, queued = Random(7), 0, 0
    for number in range(rounds):
        stage.schedule()  # by a scheduler that was just made: it knows what is in the database
        stage.site.down_after_taking = number % 7 == 3
        stage.errands()
        stage.site.down_after_taking = False
        held = {tag: one for tag, one in stage.site.here.items() if one.phase is not Phase.ENDED}
        waiting = [tag for tag, one in held.items() if one.phase is Phase.QUEUED]
        most, queued = max(most, len(held)), max(queued, len(waiting))
        assert len(held) <= MOST
        assert len(waiting) <= WAITING
        for tag in held:
            if chance.random() < (0.5 if tag in waiting else 0.15):
                after = Phase.RUNNING if tag in waiting else Phase.ENDED
                stage.site.here[tag] = held[tag]._replace(phase=after, time=stage.time[0])
        stage.pass_time(30)
        stage.look()
    assert (most, queued) == (MOST, WAITING), "the limits were reached, or the test proves nothing"
