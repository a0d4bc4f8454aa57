"""When a computing element rests, for how long, and what it takes to be believed again."""

from __future__ import annotations

from gridwms.flow.breaker import BreakerSettings, Position, heard, position
from gridwms.store.standings import Standing

RULES = BreakerSettings()
NEW = Standing(ce="ce", site="s")


def after(standing: Standing, outcomes: str, now: float = 0.0) -> Standing:
    """`+`: one that went well, `-`: one that failed by its fault."""
    for outcome in outcomes:
        standing = heard(standing, int(outcome == "+"), int(outcome == "-"), "no disk", now, RULES)
    return standing


def test_it_opens_tries_and_closes() -> None:
    assert position(after(NEW, "-" * 9), 0.0) is Position.CLOSED
    open_ = after(NEW, "-" * 10)
    assert position(open_, 1.0) is Position.OPEN
    assert open_.why == "no disk"
    assert position(after(open_, "++", 1.0), 1.0) is Position.OPEN, "what was on its way does not count"
    assert position(open_, RULES.pause) is Position.TRIAL
    again = after(open_, "-", RULES.pause)
    assert position(again, 3 * RULES.pause - 1) is Position.OPEN
    assert position(again, 3 * RULES.pause) is Position.TRIAL
    well = after(again, "+", 3 * RULES.pause)
    assert position(well, 3 * RULES.pause) is Position.CLOSED
    assert position(after(well, "-" * 9, 5000.0), 5000.0) is Position.CLOSED


def test_pauses_double_up_to_the_longest() -> None:
    standing, now = after(NEW, "-" * 10), 0.0
    pauses = [standing.pause]
    for _ in range(6):
        now += standing.pause
        standing = after(standing, "-", now)
        pauses.append(standing.pause)
    assert pauses == [300, 600, 1200, 2400, 3600, 3600, 3600]


def test_one_in_three_failing_is_not_enough() -> None:
    assert position(after(NEW, "+-+" * 50), 0.0) is Position.CLOSED


def test_a_good_past_is_forgotten_in_time() -> None:
    assert position(after(NEW, "+" * 1000 + "-" * 15), 0.0) is Position.CLOSED
    assert position(after(NEW, "+" * 1000 + "-" * 40), 0.0) is Position.OPEN


def test_many_at_once_count_as_many_one_by_one() -> None:
    assert position(heard(NEW, 0, 500, "", 0.0, RULES), 0.0) is Position.OPEN
    assert position(heard(NEW, 500, 500, "", 0.0, RULES), 0.0) is Position.CLOSED
    assert position(heard(NEW, 0, 9, "", 0.0, RULES), 0.0) is Position.CLOSED
