"""The load limiter: what is refused beyond which threshold, in gLite's words, and when it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.flow.errors import Overloaded
from gridwms.flow.load import DISK, FILES, LOAD_1, LOAD_5, LOAD_15, MEMORY, SWAP, LoadLimiter, machine


def limiter(limits: dict[str, float], vitals: dict[str, float]) -> LoadLimiter:
    made = LoadLimiter(limits, lambda: vitals)
    made.look()
    return made


def refused(made: LoadLimiter, weight: int = 1) -> str:
    try:
        made.check(weight)
    except Overloaded as error:
        return error.sentence
    return ""


def test_the_words_are_those_of_glite() -> None:
    made = limiter({LOAD_1: 10, DISK: 95}, {LOAD_1: 12.3, DISK: 20.0})
    assert refused(made) == (
        "System load is too high:\n"
        "Threshold for Load Average(1 min): 10 => Detected value for Load Average(1 min): 12.3"
    )


def test_what_gets_rid_of_work_is_refused_later() -> None:
    made = limiter({LOAD_1: 10, DISK: 95, MEMORY: 95}, {LOAD_1: 12.0, DISK: 96.0, MEMORY: 10.0})
    assert refused(made, 1) and refused(made, 2) and not refused(made, 3)


def test_nothing_is_refused_before_the_first_look_and_without_limits() -> None:
    assert not refused(LoadLimiter({LOAD_1: 1}, lambda: {LOAD_1: 9.0}))
    assert not refused(limiter({}, {LOAD_1: 900.0}))
    assert not refused(limiter({SWAP: 10}, {LOAD_1: 900.0})), "what cannot be measured is no reason"


def test_it_is_over_when_the_value_has_fallen_clearly_below() -> None:
    vitals = {MEMORY: 96.0, FILES: 90.0}
    made = LoadLimiter({MEMORY: 95, FILES: 100}, lambda: vitals)
    told = []
    for memory, files in ((96.0, 90.0), (94.0, 105.0), (85.0, 112.0), (94.0, 105.0)):
        vitals |= {MEMORY: memory, FILES: files}
        made.look()
        told.append({one.name for one in made.vitals() if one.over})
    assert told == [{MEMORY, FILES}, {MEMORY, FILES}, set(), set()]


@pytest.mark.parametrize(
    ("one", "five", "fifteen", "over"),
    [(12.0, 11.0, 10.5, {LOAD_5, LOAD_15}), (9.0, 11.0, 10.5, set()), (12.0, 11.0, 11.5, {LOAD_5})],
)
def test_the_longer_averages_count_only_while_load_rises(
    one: float, five: float, fifteen: float, over: set[str]
) -> None:
    made = limiter({LOAD_5: 10, LOAD_15: 10}, {LOAD_1: one, LOAD_5: five, LOAD_15: fifteen})
    assert {vital.name for vital in made.vitals() if vital.over} == over


def test_this_machine_can_be_measured(tmp_path: Path) -> None:
    found = machine(tmp_path)
    assert {LOAD_1, LOAD_5, LOAD_15, DISK, MEMORY, SWAP, FILES} <= found.keys()
    assert all(0 <= found[name] <= 100 for name in (DISK, MEMORY, SWAP)) and found[FILES] > 0
