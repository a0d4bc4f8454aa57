"""The luck of an attempt: a pure function of the seed and its tag, so that a restart changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from gridwms.sites.simulated.settings import Faults, SimulatedSettings


@dataclass(frozen=True, slots=True)
class Fate:
    """What will happen to an attempt. `run_seconds` on a machine of speed 1; `part` is where in it bad luck strikes."""

    refused: bool = False
    late: bool = False
    vanishes: bool = False
    lost: bool = False
    dies_early: bool = False
    dies_late: bool = False
    sticks: bool = False
    fails: bool = False
    run_seconds: float = 0.0
    part: float = 0.5


def has_luck(faults: Faults) -> bool:
    """Whether any attempt can have bad luck at all."""
    chances = ("refuse", "late", "vanish", "lose", "die_early", "die_late", "stick", "fail")
    return any(getattr(faults, name) for name in chances)


def fate_of(settings: SimulatedSettings, tag: str) -> Fate:
    """The fate of one attempt."""
    draw = Random(f"{settings.seed}/{settings.name}/{tag}").random  # noqa: S311 — dice, not secrets
    faults = settings.faults
    return Fate(
        refused=draw() < faults.refuse,
        late=draw() < faults.late,
        vanishes=draw() < faults.vanish,
        lost=draw() < faults.lose,
        dies_early=draw() < faults.die_early,
        dies_late=draw() < faults.die_late,
        sticks=draw() < faults.stick,
        fails=draw() < faults.fail,
        run_seconds=settings.run_seconds * (1 + settings.spread * (2 * draw() - 1)),
        part=draw(),
    )
