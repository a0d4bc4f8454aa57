"""Jobs whose credentials have run out, or were taken back: they end (gLite reference §5.8, §7.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gridwms.flow.record import Recorded, announce, apply
from gridwms.flow.world import World
from gridwms.jobs.events import Aborted
from gridwms.jobs.job import Job
from gridwms.jobs.reasons import Reason, reason
from gridwms.jobs.retry import decision_id
from gridwms.jobs.states import AT_SITE, State
from gridwms.store import delegations
from gridwms.store import jobs as rows
from gridwms.store.delegations import Delegation

PAYLOAD_SECONDS = 120.0
"""How long a wrapper has to stop its payload when the credential has run out, and to say so."""
_BATCH = 500


def end_without_credential(world: World) -> int:
    """End a batch of them; how many (0: none is due). They are found by an index over what has run out."""
    now = world.clock()
    numbers = world.database.read(lambda c: delegations.run_out(c, now, PAYLOAD_SECONDS, _BATCH))
    if not numbers:
        return 0

    def work(connection: Connection) -> tuple[Recorded, int]:
        stored = rows.load_numbers(connection, numbers)
        pairs = {(job.owner, job.delegation) for _number, job in stored.values()}
        held = delegations.of_jobs(connection, pairs)
        events = []
        for key, (_number, job) in stored.items():
            why = _why(job, held.get((job.owner, job.delegation), ()), now)
            if why is not None:
                events.append((key, Aborted(id=decision_id(job), time=now, reason=why)))
        return apply(connection, world, stored, events), len(events)

    recorded, count = world.database.write(work)
    announce(world, recorded)
    return count


def _why(job: Job, held: Sequence[Delegation], now: float) -> Reason | None:
    """None: it has another credential by now, or has ended."""
    if job.state not in (State.SUBMITTED, State.WAITING, *AT_SITE) or any((one.ends or 0.0) > now for one in held):
        return None
    if any(one.removed for one in held):
        return reason("delegation_removed", name=job.delegation)
    return reason("expired_at_site" if job.state in AT_SITE else "delegation_expired")
