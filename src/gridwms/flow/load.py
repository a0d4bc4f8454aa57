"""The load limiter: work is refused while the machine or the service has more than it can bear (gLite reference §4.7).

Each threshold that is passed is one line of the refusal. How many it takes depends on what is asked: one for
submissions, more for what helps to get rid of work. What was passed counts until it has fallen clearly below.
"""

from __future__ import annotations

import os
import resource
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gridwms.flow.errors import Overloaded

CALM = 0.9
"""The part of a threshold below which a value has to fall before it counts as below again."""
RETRY_SECONDS = 30
"""When a client that was refused may come again."""
LOAD_1, LOAD_5, LOAD_15 = (f"Load Average({minutes} min)" for minutes in (1, 5, 15))
MEMORY, SWAP, DISK, FILES = "Memory Usage", "Swap Usage", "Disk Usage", "Free FD"
WRITES, WAITING = "Writer Queue", "Waiting Jobs"

Vitals = Mapping[str, float]
"""Values by the names above; usage in percent."""


@dataclass(frozen=True, slots=True)
class Vital:
    """One of them, as it was last measured. `limit` None: there is none. `over`: it counts as passed."""

    name: str
    value: float
    limit: float | None
    over: bool


class LoadLimiter:
    """Knows the vital signs as they were measured last. Any number of threads may ask."""

    def __init__(self, limits: Mapping[str, float], measure: Callable[[], Vitals]) -> None:
        """`limits`: by name; the least number for `FILES`, the most for all others. What is not named has none."""
        self._limits = limits
        self._measure = measure
        self._over: frozenset[str] = frozenset()
        self._vitals: Vitals = {}
        self._lock = threading.Lock()

    def look(self) -> None:
        """Measure anew."""
        vitals = self._measure()
        with self._lock:
            self._over = frozenset(name for name in self._limits if self._passed(name, vitals))
            self._vitals = vitals

    def vitals(self) -> list[Vital]:
        """All that is measured, with its limit."""
        with self._lock:
            return [Vital(name, v, self._limits.get(name), name in self._over) for name, v in self._vitals.items()]

    def check(self, weight: int) -> None:
        """Raises Overloaded when at least so many thresholds are passed."""
        over = [one for one in self.vitals() if one.over]
        if len(over) >= weight:
            lines = "".join(f"\n{line(one)}" for one in over)
            advice = f"Nothing was done; try again in {RETRY_SECONDS} s, or at another service."
            raise Overloaded(f"System load is too high:{lines}", advice)

    def _passed(self, name: str, vitals: Vitals) -> bool:
        value, limit = vitals.get(name), self._limits[name]
        if value is None or not _counts(name, vitals):
            return False
        before = name in self._over
        if name == FILES:
            return value < (limit / CALM if before else limit)
        return value > (limit * CALM if before else limit)


def line(vital: Vital) -> str:
    """As gLite says it."""
    limit = 0.0 if vital.limit is None else vital.limit
    return f"Threshold for {vital.name}: {limit:g} => Detected value for {vital.name}: {vital.value:.4g}"


def _counts(name: str, vitals: Vitals) -> bool:
    """The averages of 5 and 15 minutes count only while load rises: what is past is no reason to refuse."""
    one, five, fifteen = (vitals.get(name, 0.0) for name in (LOAD_1, LOAD_5, LOAD_15))
    return {LOAD_5: one > five, LOAD_15: one > five > fifteen}.get(name, True)


def machine(directory: Path) -> Vitals:
    """The vital signs of this machine; disk usage of the file system with this directory."""
    one, five, fifteen = os.getloadavg()
    disk = shutil.disk_usage(directory)
    found = {LOAD_1: one, LOAD_5: five, LOAD_15: fifteen, DISK: 100.0 * (1 - disk.free / max(1, disk.used + disk.free))}
    return {**found, **_memory(), **_files()}


def _memory() -> Vitals:
    """From /proc/meminfo; nothing where there is none. A machine without swap uses 0 % of it (gLite bug 96136)."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    size = {name: int(rest.split()[0]) for name, _, rest in (one.partition(":") for one in lines)}
    swap = size.get("SwapTotal", 0)
    return {
        MEMORY: 100.0 * (1 - size.get("MemAvailable", 0) / max(1, size.get("MemTotal", 0))),
        SWAP: 100.0 * (1 - size.get("SwapFree", 0) / swap) if swap else 0.0,
    }


def _files() -> Vitals:
    """How many files more this process may open."""
    try:
        opened = sum(1 for _one in Path("/proc/self/fd").iterdir())
    except OSError:
        return {}
    most, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {FILES: float(most - opened)} if most != resource.RLIM_INFINITY else {}
