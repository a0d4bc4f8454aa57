"""The collector of an HTCondor pool as a source, asked by `condor_status`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, ClassAdSyntaxError, evaluate_attribute
from gridwms.classad.old_syntax import parse_ads_old
from gridwms.market.source import SourceError
from gridwms.market.sources.htcondor.pool import pool_ads

_NOTES = 5
_PORT = 9618


@dataclass(slots=True, kw_only=True)
class CondorSource:
    """`pool`: `host` or `host:port` of the collector, "" for that of the machine's own configuration. `constraint`: an
    expression that machines must meet. `program`: condor_status. `site`: the configured site that leads to the pool;
    `host`: the name in the id of the computing element, that of the collector when empty."""

    name: str
    pool: str = ""
    host: str = ""
    constraint: str = ""
    site: str = ""
    seconds: float = 60.0
    timeout: float = 30.0
    program: str = "condor_status"
    environment: Mapping[str, str] = field(default_factory=dict)
    kind: str = "htcondor"
    complete: bool = True
    exact: bool = False
    notes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The collector."""
        return self.pool or "the pool of this machine's configuration"

    def fetch(self) -> list[ClassAd]:
        """A resource for each kind of machines. Raises SourceError."""
        constraint = ["-constraint", self.constraint] if self.constraint else []
        notes: list[str] = []
        machines = self._ask(notes, "-long", *constraint)
        schedds = self._ask(notes, "-schedd", "-long")
        ads, more_notes = pool_ads(machines, schedds, ce_id=self._ce_id(schedds), site_of=lambda _ce_id: self.site)
        notes += more_notes
        more = (f"and {len(notes) - _NOTES} more like these",) if len(notes) > _NOTES else ()
        self.notes = (*notes[:_NOTES], *more)
        return ads

    def _ce_id(self, schedds: list[ClassAd]) -> str:
        host, _, port = (self.host or self.pool).partition(":")
        if not host:
            named = (evaluate_attribute(ad, "Machine") for ad in schedds)
            host = next((one for one in named if isinstance(one, str)), os.uname().nodename)
        return f"{host}:{port or _PORT}/htcondor-condor-default"

    def _ask(self, notes: list[str], *words: str) -> list[ClassAd]:
        command = [self.program, *(["-pool", self.pool] if self.pool else []), *words]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own program, pool and constraint, no shell
                command, env={**os.environ, **self.environment}, capture_output=True, timeout=self.timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise SourceError(f"{self.where}: {self.program} did not answer within {self.timeout:g} s") from None
        except OSError as error:
            raise SourceError(f"{self.where}: {self.program} cannot be run: {error.strerror or error}") from error
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())[:500]
            raise SourceError(f"{self.where}: {self.program} failed with status {done.returncode}: {said}")
        ads: list[ClassAd] = []
        for block in done.stdout.decode(errors="replace").split("\n\n"):
            try:
                ads += parse_ads_old(block)
            except ClassAdSyntaxError as error:
                notes.append(f"an ad of the pool cannot be read and is left out: {error}")
        return ads
