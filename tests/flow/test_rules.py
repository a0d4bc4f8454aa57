"""Retry rules at work: other places and more memory are really asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gridwms.flow.explain import why
from gridwms.flow.worker import take_token
from gridwms.jobs.reasons import reason
from gridwms.jobs.retry import RetryPolicy
from gridwms.jobs.rules import Rule, Then
from gridwms.jobs.states import State
from gridwms.sites.contract import Phase
from tests.flow.conftest import Stage, place
from tests.flow.scripted import ScriptedSite


def begin(stage: Stage, *rules: Rule) -> None:
    policy = RetryPolicy(rules=rules, memory_mb=1000)
    stage.world.settings = replace(stage.world.settings, retry_policy=policy)


def kill(stage: Stage, key: str, text: str) -> None:
    """The newest attempt is matched, delivered, has its token, and is ended by the site."""
    stage.schedule()
    stage.errands()
    number = len(stage.job(key).attempts)
    assert take_token(stage.world, key, number, "i", []) is None
    tag = f"gw-{key}-{number}"
    failure = reason("killed_at_site", site="scripted", text=text)
    stage.site.here[tag] = stage.site.here[tag]._replace(phase=Phase.ENDED, reason=failure)
    stage.look()


def rams(stage: Stage, *sizes: int) -> None:
    places = [place(number, GlueHostMainMemoryRAMSize=size) for number, size in enumerate(sizes, 1)]
    stage.market.put(*places)


def test_more_memory_is_asked_for_where_there_is_as_much(stage: Stage) -> None:
    rams(stage, 1500, 1500, 2500, 1500)
    begin(stage, Rule(then=Then.MORE_MEMORY, text="memory"))
    (key,) = stage.submit("RetryCount = 3;")
    kill(stage, key, "out of memory")
    kill(stage, key, "out of memory")
    assert [one.memory_mb for one in stage.site.handovers] == [None, 2000]
    assert stage.job(key).attempts[1].ce.startswith("ce3.")
    stage.schedule()
    assert stage.job(key).state is State.WAITING
    assert "needs 4000 MB" in why(stage.world, key).sentence


def test_more_memory_is_more_than_was_asked_for(stage: Stage) -> None:
    rams(stage, 8000)
    begin(stage, Rule(then=Then.MORE_MEMORY, text="memory", most_mb=4000))
    demand = "Requirements = other.GlueHostMainMemoryRAMSize >= 1500; RetryCount = 3;"
    (key,) = stage.submit(demand)
    kill(stage, key, "out of memory")
    kill(stage, key, "out of memory")
    kill(stage, key, "out of memory")
    assert [one.memory_mb for one in stage.site.handovers] == [1500, 3000, 4000]
    assert stage.job(key).state is State.ABORTED
    stage.world.settings = replace(stage.world.settings, ask_memory=False)
    (key,) = stage.submit(demand)
    kill(stage, key, "out of memory")
    kill(stage, key, "out of memory")
    assert [one.memory_mb for one in stage.site.handovers][3:] == [None, 2000]


def test_a_site_that_is_avoided_gets_it_never_more(stage: Stage) -> None:
    begin(stage, Rule(then=Then.ELSEWHERE))
    (key,) = stage.submit()
    kill(stage, key, "time limit")
    stage.market.put(place(1), place(2))
    stage.schedule()
    assert stage.job(key).state is State.WAITING
    assert "failed at scripted and is not to be tried there again" in why(stage.world, key).sentence
    stage.world.sites = {**stage.world.sites, "other": ScriptedSite("other")}
    stage.market.put(place(1), place(2), place(9, "other"))
    stage.schedule()
    assert stage.job(key).attempts[-1].site == "other"


def test_those_that_wait_for_another_place_hold_up_nobody(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEStateFreeJobSlots=1))
    begin(stage, Rule(then=Then.ELSEWHERE))
    choosy, *others = _submitted(stage, 3)
    kill(stage, choosy, "time limit")
    stage.schedule()
    states: Sequence[State] = [stage.job(key).state for key in (choosy, *others)]
    assert states[0] is State.WAITING
    assert State.WAITING not in states[1:]


def _submitted(stage: Stage, count: int) -> list[str]:
    (first,) = stage.submit()
    stage.schedule()
    stage.errands()
    return [first, *stage.submit(count=count - 1)]
