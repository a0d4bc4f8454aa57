"""How long the credentials of jobs last, and what their users should know of it before they run out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.jobs.states import ENDED, State
from gridwms.store import delegations
from gridwms.store.delegations import Delegation

SOON = 3600.0
"""Whoever has less left, in seconds, is warned when nothing renews it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """What a job carries. `ends`: when the last of it runs out; None: it has none any more. `source`: from where it is
    renewed, "" from nowhere. `warning`: a sentence for its user, "" when there is nothing to say."""

    delegation: str
    ends: float | None
    source: str
    warning: str


def carrying(world: World, connection: Connection, jobs: Collection[Job]) -> Mapping[tuple[str, str], Carrying]:
    """By owner and name of the delegation: what jobs that have not ended carry. One question for all of them."""
    pairs = {(job.owner, job.delegation) for job in jobs if job.delegation and is_open(job)}
    if not pairs:
        return {}
    found, now = delegations.of_jobs(connection, pairs), world.clock()
    return {pair: _of(pair[1], found.get(pair, ()), now) for pair in pairs}


def is_open(job: Job) -> bool:
    """Whether a job still needs what it carries."""
    return job.state not in ENDED and job.state is not State.DONE


def _of(name: str, held: Sequence[Delegation], now: float) -> Carrying:
    lasting = [one for one in held if (one.ends or 0.0) > now]
    ends = max((one.ends or 0.0 for one in lasting), default=None)
    sources = dict.fromkeys(one.source for one in held if one.source)
    return Carrying(delegation=name, ends=ends, source=", ".join(sources), warning=_warning(name, held, lasting, now))


def _warning(name: str, held: Sequence[Delegation], lasting: Sequence[Delegation], now: float) -> str:
    if not lasting:
        return f"Its credential '{name}' has run out, and it ends. Delegate anew and submit it again."
    failing = next((one for one in held if one.tries), None)
    last = max(lasting, key=lambda one: one.ends or 0.0)
    if failing is not None:
        tries = "1 try" if failing.tries == 1 else f"{failing.tries} tries"
        until = _until(failing.soonest or now)
        return f"Its credential '{name}', good until {until}, could not be renewed ({tries}): {failing.trouble}"
    left = (last.soonest or now) - now
    if left < SOON and last.renew_at is None:
        what = "VOMS attributes of its credential" if (last.ends or 0.0) > (last.soonest or 0.0) else "credential"
        verb = "run" if what.startswith("VOMS") else "runs"
        return (
            f"The {what} '{name}' {verb} out in {max(0, int(left // 60))} min, and nothing renews it. "
            f"Delegate anew (gridwms delegation create {name}), or the job ends then."
        )
    return ""


def _until(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
