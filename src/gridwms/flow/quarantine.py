"""Which computing elements are left alone: those that fail what they get, and those whose site does not answer.

Never more than a configured share of the market, lest a fault of our own (a network that is down, a description that
fails everywhere) close it all: those that have rested longest come first, the others are given a few jobs at a time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gridwms.flow.breaker import TRIAL, Position, position, rests_until
from gridwms.flow.world import World
from gridwms.match.capacity import elements_of
from gridwms.store import present, standings
from gridwms.store.standings import Silence, Standing

_WHOLE_SITE = 3
"""So many elements that rest, and none of which something good was heard, speak against their whole site."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """`resting`: computing elements that get nothing, each with a sentence why. `trial`: how many attempts more those
    get that are to show that they are well. `silent`: the sites that do not answer. `standings`: of those that are not
    believed. `spared`: those that would rest if that were not too many.
    `failing`: those among `resting` that failed, and do not only belong to a site that does not answer."""

    resting: Mapping[str, str] = field(default_factory=dict)
    trial: Mapping[str, int] = field(default_factory=dict)
    silent: Mapping[str, Silence] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    spared: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()

    @property
    def room(self) -> dict[str, int]:
        """How many attempts more each element gets that does not get any number."""
        return {**self.trial, **dict.fromkeys(self.resting, 0)}


def quarantine(world: World, connection: Connection) -> Quarantine:
    """What is left alone now."""
    now, rules = world.clock(), world.settings.breaker
    opened, silent = standings.opened(connection), standings.silent(connection)
    if not opened and not silent:
        return Quarantine()
    silent = {site: one for site, one in silent.items() if site in world.sites}
    elements = elements_of(world.market.snapshot)
    total = len(set().union(*elements.values())) if elements else 0
    most = 0 if rules.share <= 0 else max(1, int(rules.share * total + 1e-9))
    reasons: dict[str, str] = {}
    for site, silence in silent.items():
        if now - silence.since >= rules.silent_seconds:
            why = f"{site} does not answer since {moment(silence.since)}: {silence.why}"
            reasons |= dict.fromkeys(sorted(elements.get(site, ())), why)
    answers_not = frozenset(reasons)
    resting = [one for one in opened.values() if position(one, now) is Position.OPEN]
    for one in resting:
        reasons.setdefault(one.ce, sentence(one))
    for site in {one.site for one in resting}:
        if _speaks_against_site(connection, site, [one for one in resting if one.site == site], elements):
            why = f"{site} fails jobs at every computing element that was tried"
            reasons |= {ce: why for ce in sorted(elements.get(site, ())) if ce not in reasons}
    known = {ce for ces in elements.values() for ce in ces}
    chosen = [ce for ce in reasons if ce in known]
    spared = frozenset(chosen[most:])
    on_trial = {ce for ce, one in opened.items() if position(one, now) is Position.TRIAL} | spared
    held = present.held_at(connection, on_trial) if on_trial else {}
    return Quarantine(
        resting={ce: reasons[ce] for ce in chosen[:most]},
        trial={ce: max(0, TRIAL - held.get(ce, 0)) for ce in on_trial},
        silent=silent,
        standings=opened,
        spared=spared,
        failing=frozenset(chosen[:most]) - answers_not,
    )


def _speaks_against_site(
    connection: Connection, site: str, resting: list[Standing], elements: Mapping[str, frozenset[str]]
) -> bool:
    if len(resting) < _WHOLE_SITE or len(elements.get(site, ())) <= len(resting):
        return False
    return not any(one.good >= 1 for one in standings.of_site(connection, site).values())


def sentence(standing: Standing) -> str:
    """Why an element rests."""
    until = moment(rests_until(standing))
    return f"{standing.ce} failed most of what it was given, and rests until {until}: {standing.why}"


def moment(when: float) -> str:
    """A time as operators read it."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(when))
