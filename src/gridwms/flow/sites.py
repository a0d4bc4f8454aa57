"""What keeps jobs from a site: its limits, drains and downtimes, silence, and its circuit breaker."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gridwms.flow.breaker import Position
from gridwms.flow.errors import NotFound, NotInState
from gridwms.flow.world import World
from gridwms.store import closures, present
from gridwms.store.closures import Closure


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """A site as operators see it. `accepts`: it is given new jobs; `why`: a sentence when it is not, or is in trouble.

    `running`, `queued`: attempts of ours there. `resources`: its computing elements in the market.
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


def sites(world: World) -> list[SiteState]:
    """All sites of this service, in the order of their configuration."""
    now = world.clock()
    planned, counts = world.database.read(
        lambda connection: (closures.current(connection, now), present.counts(connection))
    )
    led_to: dict[str, list[str]] = {name: [] for name in world.sites}
    for resource in world.market.snapshot.resources:
        if resource.site in led_to:
            led_to[resource.site].append(resource.ce_id)
    shut = closed(world, planned, now)
    found = []
    for name in world.sites:
        running, queued = counts.get(name, (0, 0))
        trouble = world.troubles.get(name, "")
        policy = world.settings.policy(name)
        found.append(
            SiteState(
                name=name,
                accepts=name not in shut,
                why=shut.get(name, trouble),
                trouble=trouble,
                breaker=world.breaker(name).position(now),
                running=running,
                queued=queued,
                max_jobs=policy.max_jobs,
                max_queued=policy.max_queued,
                max_per_minute=policy.max_per_minute,
                closures=tuple(one for one in planned if one.site == name),
                resources=tuple(led_to[name]),
            )
        )
    return found


def site(world: World, name: str) -> SiteState:
    """One of them. Raises NotFound."""
    _known(world, name)
    return next(one for one in sites(world) if one.name == name)


def closed(world: World, planned: Sequence[Closure], now: float) -> dict[str, str]:
    """The sites that get no new jobs now, each with a sentence why."""
    shut: dict[str, str] = {}
    for one in planned:
        if one.holds(now) and one.site in world.sites:
            until = f" until {_moment(one.ends)}" if one.ends is not None else ""
            shut.setdefault(one.site, f"{one.site} is drained by {one.by}{until}: {one.reason or 'no reason given'}")
    for name in world.sites:
        breaker = world.breaker(name)
        if breaker.position(now) is Position.OPEN and breaker.opened_at is not None:
            until = _moment(breaker.opened_at + breaker.pause)
            shut.setdefault(name, f"{name} failed most of what it was given, and rests until {until}: {breaker.last}")
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
    now = world.clock()
    found = {}
    for name in world.sites:
        policy, has = world.settings.policy(name), held.get(name, 0)
        left = [policy.max_jobs - has]
        if policy.max_queued:
            left.append(policy.max_queued - queued.get(name, 0))
        if policy.max_per_minute:
            left.append(policy.max_per_minute - undelivered.get(name, 0))
        tried = world.breaker(name).room(has, now)
        if tried is not None:
            left.append(tried)
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
    world.database.write(lambda connection: closures.remove(connection, site))
    world.breaker(site).reset()
    world.waiting.set()


def _known(world: World, site: str) -> None:
    if site not in world.sites:
        raise NotFound(f"There is no site '{site}'.", f"The sites are: {', '.join(world.sites) or 'none'}.")


def _moment(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(when))
