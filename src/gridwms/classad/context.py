"""What an evaluation may know of the world, given to it from outside: clock, chance, zone, tables."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gridwms.classad.ad import ClassAd


def local_offset(seconds: int) -> int:
    """Seconds east of UTC of the process's zone at an instant."""
    try:
        return time.localtime(seconds).tm_gmtoff
    except (OverflowError, ValueError, OSError):
        return 0


def no_storage(_ad: ClassAd, _vo: str) -> Sequence[ClassAd]:
    return ()


def no_record(_resource: str) -> float:
    """The success of a resource of which nothing is known."""
    return 1.0


def no_response_time(_resource: str, _mode: str, _seconds: int) -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of our own that keep hostile text harmless; far beyond what an honest expression needs."""

    steps: int = 400_000
    string: int = 2 * 1024 * 1024
    items: int = 100_000
    pattern_seconds: float = 0.3


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """Everything has a default; whoever has better information gives it.

    `ticks` bounds the time in regular expressions and `offset` is the local zone at an instant. `close_storage`
    answers retrieveCloseSEsInfo(); `success_fraction` and `response_time` the two functions of the gLite broker
    that read its bookkeeping; `user_maps` userMap() and `homes` userHome().
    """

    now: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    ticks: Callable[[], float] = time.perf_counter
    offset: Callable[[int], int] = local_offset
    limits: Limits = field(default_factory=Limits)
    close_storage: Callable[[ClassAd, str], Sequence[ClassAd]] = no_storage
    success_fraction: Callable[[str], float] = no_record
    response_time: Callable[[str, str, int], float | None] = no_response_time
    user_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)


DEFAULT_CONTEXT = EvaluationContext()
