"""What accounts hold and have used, counted again from the log: the proof that nothing was lost or counted twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from gridwms.jobs.charges import Charge, Holding, charged, no_charges, note
from gridwms.jobs.job import Job
from gridwms.jobs.steps import step
from gridwms.store import shares
from gridwms.store.logged import Logged


class Recount:
    """Add the logs of all jobs, then ask."""

    def __init__(self) -> None:
        self._charges: dict[tuple[int, str], list[tuple[float, Charge]]] = defaultdict(list)

    def add(self, logged: Sequence[Logged]) -> None:
        """The log of one job in the order of arrival. Raises what `step` raises."""
        job: Job | None = None
        for one in logged:
            was, found = job, no_charges()
            job, _effects = step(was, one.event)
            if was is not None and job.attempts is not was.attempts:
                note(found, was, job, one.event)
            for key, charges in found.items():
                self._charges[key] += [(one.arrived, charge) for charge in charges]

    def holdings(self, half_life: float) -> dict[tuple[int, str], Holding]:
        """What they make, if the half-life was always this one (in seconds)."""
        return {key: _holding(charges, half_life) for key, charges in self._charges.items()}

    def differences(self, connection: Connection) -> Iterator[str]:
        """A sentence for each count that is another in the rows. Usage is left out: its half-life may have changed."""
        counted = {key: one for key, one in self.holdings(1.0).items() if _counts(one) != (0, 0, 0)}
        kept = {key: one for key, one in shares.changed_since(connection, 0.0).items() if _counts(one) != (0, 0, 0)}
        yield from _compared(counted, kept, shares.get_accounts(connection))


def _holding(charges: Iterable[tuple[float, Charge]], half_life: float) -> Holding:
    holding = Holding()
    for arrived, charge in sorted(charges, key=lambda one: one[0]):
        if holding == Holding():
            holding = Holding(at=arrived)
        holding = charged(holding, [charge], arrived, half_life)
    return holding


def _counts(holding: Holding) -> tuple[int, int, int]:
    return holding.queued, holding.running, holding.slots


def _compared(
    counted: Mapping[tuple[int, str], Holding], kept: Mapping[tuple[int, str], Holding], accounts: Mapping[int, object]
) -> Iterator[str]:
    for key in sorted(counted.keys() | kept.keys()):
        events, rows = (_counts(one.get(key, Holding())) for one in (counted, kept))
        if events != rows:
            yield f"{accounts.get(key[0], key[0])} has {rows} at {key[1]} (queued, running, slots), {events} by events"
