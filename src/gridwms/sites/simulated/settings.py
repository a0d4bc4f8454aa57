"""What an invented site is like. Times are seconds of the injected clock, chances are between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One computing element of the site. `speed`: a payload of 60 s takes 30 s where it is 2."""

    name: str = "default"
    slots: int = 100
    speed: float = 1.0
    latency: float = 0.0
    """From acceptance to the earliest start, however many slots are free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The chances of each kind of bad luck.

    Of an attempt, drawn once by seed and tag: `refuse` at submission; `late` to be shown (for `late_seconds`); `vanish`
    from sight for `vanish_seconds` in the middle; `lose` for good; `die_early`, before the token; `die_late`, after it;
    `stick`: the payload never ends; `fail`: it ends with exit code 1.
    Of a call, drawn each time: `hang`: after `hang_seconds` it is cut off, done or not; `slow`: it takes
    `slow_seconds`.
    """

    refuse: float = 0.0
    late: float = 0.0
    late_seconds: float = 30.0
    vanish: float = 0.0
    vanish_seconds: float = 60.0
    lose: float = 0.0
    die_early: float = 0.0
    die_late: float = 0.0
    stick: float = 0.0
    fail: float = 0.0
    hang: float = 0.0
    hang_seconds: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSettings:
    """`directory` holds the journal, by which attempts are found again after a restart; None: nothing is kept.

    A payload runs `run_seconds` times a factor between 1 - `spread` and 1 + `spread`; the wrapper needs
    `prepare_seconds` before it asks for the token, and `cancel_seconds` to end when it is told to.
    """

    name: str = "simulated"
    directory: Path | None = None
    host: str = "ce.simulated.example"
    queues: tuple[Queue, ...] = (Queue(),)
    faults: Faults = field(default_factory=Faults)
    seed: int = 1
    run_seconds: float = 0.0
    spread: float = 0.0
    prepare_seconds: float = 0.0
    cancel_seconds: float = 0.0
    retry_seconds: float = 1.0
    """After this time a wrapper asks again when the service was out of reach."""
    leaves_events: bool = True
    """A wrapper leaves its last words to the site, as at the local site, and does not send them itself."""
