"""What keeps jobs from a site: its limits, drains and downtimes, silence, and its computing elements that rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gridwms.flow.breaker import Position, position, rests_until
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.quarantine import Quarantine, moment, quarantine
from gridwms.flow.world import World
from gridwms.match.capacity import elements_of
from gridwms.store import closures, figures, present, standings
from gridwms.store.closures import Closure
from gridwms.store.figures import Group, Tally
from gridwms.store.standings import Standing

_FIGURES_OF = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementState:
    """A computing element. `rests_until`: when it is given a few jobs to try, None when it does not rest; `why`: its
    last failure. `spared`: it would rest if not too many did. `figures`: of the last day, by class of jobs."""

    ce: str
    breaker: Position
    rests_until: float | None
    why: str
    spared: bool
    figures: Mapping[Group, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """A site as operators see it. `accepts`: it is given new jobs; `why`: a sentence when it is not, or is in trouble.

    `running`, `queued`: attempts of ours there. `resources`: its computing elements in the market. `breaker`: open when
    all of them rest, on trial when one of them is and no other is believed. `elements`: those that are more closely
    known, unless only a list of sites was wanted.
    """

    name: str
    accepts: bool
    why: str
    trouble: str
    breaker: Position
    running: int
    queued: int
    max_jobs: int
    max_queued: int
    max_per_minute: int
    closures: tuple[Closure, ...]
    resources: tuple[str, ...]
    elements: tuple[ElementState, ...] = ()


def sites(world: World) -> list[SiteState]:
    """All sites of this service, in the order of their configuration."""
    now = world.clock()

    def look(connection: Connection) -> tuple[list[Closure], dict[str, tuple[int, int]], Quarantine]:
        return closures.current(connection, now), present.counts(connection), quarantine(world, connection)

    planned, counts, left_alone = world.database.read(look)
    elements = elements_of(world.market.snapshot)
    shut = closed(world, planned, now)
    found = []
    for name in world.sites:
        running, queued = counts.get(name, (0, 0))
        silence = left_alone.silent.get(name)
        trouble = world.troubles.get(name, "") or (silence.why if silence else "")
        policy = world.settings.policy(name)
        led_to = sorted(elements.get(name, ()))
        stand = _stand(led_to, left_alone)
        resting = [left_alone.resting[ce] for ce in led_to if ce in left_alone.resting]
        rests = resting[0] if stand is Position.OPEN else ""
        found.append(
            SiteState(
                name=name,
                accepts=name not in shut and not rests,
                why=shut.get(name) or rests or trouble,
                trouble=trouble,
                breaker=stand,
                running=running,
                queued=queued,
                max_jobs=policy.max_jobs,
                max_queued=policy.max_queued,
                max_per_minute=policy.max_per_minute,
                closures=tuple(one for one in planned if one.site == name),
                resources=tuple(led_to),
            )
        )
    return found


def _stand(led_to: Sequence[str], left_alone: Quarantine) -> Position:
    if not led_to or any(ce not in left_alone.resting and ce not in left_alone.trial for ce in led_to):
        return Position.CLOSED
    return Position.OPEN if all(ce in left_alone.resting for ce in led_to) else Position.TRIAL


def site(world: World, name: str) -> SiteState:
    """One of them, with its computing elements. Raises NotFound."""
    _known(world, name)
    found = next(one for one in sites(world) if one.name == name)
    now = world.clock()

    def look(connection: Connection) -> tuple[dict[str, Standing], Quarantine, dict[Group, Tally]]:
        known = standings.of_site(connection, name)
        ces = {*known, *found.resources}
        return known, quarantine(world, connection), figures.of_elements(connection, now - _FIGURES_OF, ces)

    known, left_alone, measured = world.database.read(look)
    elements = []
    for ce in sorted({*known, *found.resources}):
        one = known.get(ce) or Standing(ce=ce, site=name)
        # One that is not in the market now is not left alone, but it is remembered.
        rests = ce in left_alone.resting or (ce not in found.resources and position(one, now) is Position.OPEN)
        stand = Position.OPEN if rests else Position.TRIAL if ce in left_alone.trial else Position.CLOSED
        elements.append(
            ElementState(
                ce=ce,
                breaker=stand,
                rests_until=rests_until(one) if rests and position(one, now) is Position.OPEN else None,
                why=left_alone.resting.get(ce, one.why),
                spared=ce in left_alone.spared,
                figures={group: tally for group, tally in measured.items() if group.ce == ce},
            )
        )
    return replace(found, elements=tuple(elements))


def closed(world: World, planned: Sequence[Closure], now: float) -> dict[str, str]:
    """The sites that operators have closed for new jobs now, each with a sentence why."""
    shut: dict[str, str] = {}
    for one in planned:
        if one.holds(now) and one.site in world.sites:
            until = f" until {moment(one.ends)}" if one.ends is not None else ""
            shut.setdefault(one.site, f"{one.site} is drained by {one.by}{until}: {one.reason or 'no reason given'}")
    return shut


def room(
    world: World,
    shut: Collection[str],
    held: Mapping[str, int],
    queued: Mapping[str, int],
    undelivered: Mapping[str, int],
) -> dict[str, int]:
    """How many attempts more each site may be given now, from what it has, what of that does not run yet, and what is
    still to be handed over (a minute's worth at most)."""
    found = {}
    for name in world.sites:
        policy, has = world.settings.policy(name), held.get(name, 0)
        left = [policy.max_jobs - has]
        if policy.max_queued:
            left.append(policy.max_queued - queued.get(name, 0))
        if policy.max_per_minute:
            left.append(policy.max_per_minute - undelivered.get(name, 0))
        found[name] = 0 if name in shut else max(0, min(left))
    return found


def drain(world: World, site: str, *, by: str, reason: str, begins: float | None, ends: float | None) -> None:
    """Give a site no new jobs, at once or from `begins`, until `ends` or until it is resumed. What is there goes on."""
    _known(world, site)
    now = world.clock()
    start = now if begins is None else begins
    if ends is not None and ends <= max(start, now):
        raise NotInState("The downtime ends before it begins, or is over.", "Correct its begin and end.")
    closure = Closure(site=site, begins=start, ends=ends, reason=reason, by=by)
    world.database.write(lambda connection: closures.add(connection, closure, now))
    world.waiting.set()


def resume(world: World, site: str) -> None:
    """Take back all drains and downtimes of a site, and believe it again."""
    _known(world, site)

    def work(connection: Connection) -> None:
        closures.remove(connection, site)
        standings.release(connection, site)

    world.database.write(work)
    world.waiting.set()


def release(world: World, name: str) -> int:
    """Believe a computing element again, or all those of a site; of how many something was remembered.

    Raises NotFound when the service has neither a site nor a computing element of this name.
    """
    released = world.database.write(lambda connection: standings.release(connection, name))
    if not released and name not in world.sites and world.market.snapshot.find(name) is None:
        raise NotFound(f"There is no site and no computing element '{name}'.", "'gridwms site show SITE' lists them.")
    world.waiting.set()
    return released


def _known(world: World, site: str) -> None:
    if site not in world.sites:
        raise NotFound(f"There is no site '{site}'.", f"The sites are: {', '.join(world.sites) or 'none'}.")
