"""What the site remembers of an attempt between looks at its directory; all of it can be read again from there."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.jobs.reasons import Reason, reason
from gridwms.sites.contract import Phase, Sighting
from gridwms.sites.local import place as files
from gridwms.sites.local.place import Started


@dataclass(slots=True)
class Attempt:
    """One attempt. `order` is its place in the queue, `launches` how often it was tried to start it."""

    tag: str
    place: str
    order: int
    cpus: int = 1
    wall_seconds: int | None = None
    phase: Phase = Phase.QUEUED
    time: float = 0.0
    pid: int = 0
    pidfd: int = -1
    launches: int = 0
    exit_code: int | None = None
    killed: bool = False
    cancelled: bool = False
    over_limit: bool = False
    forgotten: bool = False
    force_at: float | None = None

    def read_needs(self) -> None:
        """Read the file `needs`, which attempts of one processor and no limit do not have."""
        line = files.line_of(f"{self.place}/needs")
        if line:
            cpus, wall = line.split()
            self.cpus = int(cpus)
            self.wall_seconds = None if wall == "-" else int(wall)

    def read_marks(self) -> None:
        """Read which requests are noted in the directory."""
        self.cancelled = files.exists(f"{self.place}/cancelled")
        self.over_limit = files.exists(f"{self.place}/limit")
        self.forgotten = files.exists(f"{self.place}/forgotten")

    def started(self) -> Started | None:
        """The process that has it, as it noted itself."""
        line = files.line_of(f"{self.place}/started")
        return files.parse_started(line) if line else None

    def end(self, code: int | None) -> None:
        """It is over; `code` None: it was killed before it could tell."""
        self.phase = Phase.ENDED
        self.exit_code = code
        self.killed = code is None
        self.time = files.time_of(f"{self.place}/exit") or files.time_of(f"{self.place}/started")
        self.force_at = None

    def sighting(self, site: str, node: str) -> Sighting:
        """As the contract tells it."""
        ended = self.phase is Phase.ENDED
        return Sighting(
            tag=self.tag,
            phase=self.phase,
            time=self.time,
            node="" if self.phase is Phase.QUEUED else node,
            exit_code=self.exit_code,
            cancelled=ended and self.cancelled,
            reason=self._reason(site) if ended else None,
        )

    def _reason(self, site: str) -> Reason | None:
        if self.cancelled:
            return None
        if self.over_limit:
            return reason(
                "killed_at_site", site=site, text=f"it ran longer than its {self.wall_seconds} s of wall time"
            )
        if self.killed:
            text = "its processes are gone and left no exit status (killed from outside, or the machine was restarted)"
            return reason("killed_at_site", site=site, text=text)
        if self.exit_code is not None and self.exit_code > 128:
            return reason("killed_at_site", site=site, text=f"its wrapper was ended by signal {self.exit_code - 128}")
        return None
