"""One attempt at an invented site."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridwms.jobs.reasons import Reason, reason
from gridwms.sites.contract import Phase, Sighting
from gridwms.sites.simulated.fate import Fate
from gridwms.sites.simulated.lines import number_of


@dataclass(slots=True)
class Attempt:
    """`step` counts what has happened to it, so that a plan made before a cancel is known to be stale."""

    tag: str
    queue: str
    accepted: float
    fate: Fate
    cpus: int = 1
    phase: Phase = Phase.QUEUED
    time: float = 0.0
    step: int = 0
    payload_at: float | None = None
    exit_code: int | None = None
    killed: str = ""
    cancelled: bool = False
    lost: bool = False
    spool: list[str] = field(default_factory=list)
    unseen: tuple[float, float] | None = None
    """From when to when the site does not show it."""
    number: int = field(init=False)
    instance: str = field(init=False)
    """The nonce of its wrapper; one attempt has one."""

    def __post_init__(self) -> None:
        self.number = number_of(self.tag)
        self.instance = f"sim{self.tag[-8:]}"

    def hidden(self, now: float) -> bool:
        """Whether the site does not show it now, though it has it."""
        return self.unseen is not None and self.unseen[0] <= now < self.unseen[1]

    def sighting(self, site: str, now: float, node: str) -> Sighting:
        """As the contract tells it."""
        if self.hidden(now):
            return Sighting(tag=self.tag, phase=Phase.NOT_YET_VISIBLE, time=now)
        if self.lost:
            return Sighting(tag=self.tag, phase=Phase.GONE, time=self.time)
        ended = self.phase is Phase.ENDED
        why: Reason | None = None
        if ended and self.killed and not self.cancelled:
            why = reason("killed_at_site", site=site, text=self.killed)
        return Sighting(
            tag=self.tag,
            phase=self.phase,
            time=self.time,
            node="" if self.phase is Phase.QUEUED else node,
            exit_code=self.exit_code,
            cancelled=ended and self.cancelled,
            reason=why,
        )
