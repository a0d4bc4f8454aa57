"""Why resources that match take no job now: drained, left alone, at a limit of their site, or simply full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy

from gridwms.flow.quarantine import Quarantine
from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason, reason
from gridwms.match.capacity import Room
from gridwms.match.verdict import Ranking

_TOLD = 3
"""So many sentences are told."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`text`: a sentence without its stop; `count`: how many of the resources that match it keeps from the job.

    `shut`: nothing goes there whatever has ended.
    """

    text: str
    count: int
    shut: bool


def obstacles(
    world: World, ranking: Ranking, room: Room, closed: Mapping[str, str], left_alone: Quarantine, slots: int
) -> list[Obstacle]:
    """What keeps a job that takes `slots` from those that match, each resource counted once; most first."""
    rows = ranking.rows[room.led_to(ranking.rows)]
    found: list[Obstacle] = []
    rest = numpy.ones(len(rows), dtype=numpy.bool_)

    def told(here: numpy.typing.NDArray[numpy.bool_], text: str, *, shut: bool) -> None:
        here &= rest
        if here.any():
            found.append(Obstacle(text, int(here.sum()), shut))
            rest[here] = False

    sites, elements = room.site[rows], room.element[rows]
    for name, why in sorted(closed.items()):
        told(sites == room.site_names.get(name, -2), why, shut=True)
    causes: dict[str, list[int]] = {}
    for ce, why in left_alone.resting.items():
        causes.setdefault(why, []).append(room.element_names.get(ce, -2))
    for why, numbers in causes.items():
        told(numpy.isin(elements, numbers), why, shut=True)
    for name, number in room.site_names.items():
        if room.site_room[number] < 1:
            told(sites == number, _limit(world, name), shut=False)
    for ce in left_alone.trial:
        number = room.element_names.get(ce, -2)
        if number >= 0 and room.element_room[number] < 1:
            text = f"{ce} failed most of what it was given, and gets a few jobs at a time to show that it is well"
            told(elements == number, text, shut=False)
    full = (room.free[rows] < slots) & (room.queue[rows] < 1)
    told(full, "no slot is free and no job more may wait there", shut=False)
    return sorted(found, key=lambda one: -one.count)


def reason_of(found: list[Obstacle], matching: int) -> Reason:
    """The reason that they make together."""
    texts = [f"{one.text} ({one.count} of them)" if one.count < matching else one.text for one in found[:_TOLD]]
    if len(found) > _TOLD:
        texts.append(f"{len(found) - _TOLD} causes more")
    shut = bool(found) and all(one.shut for one in found)
    return reason("site_closed" if shut else "all_full", matching=matching, why="; ".join(texts) or "they were taken")


def _limit(world: World, name: str) -> str:
    policy = world.settings.policy(name)
    queued = f", {policy.max_queued} of them waiting" if policy.max_queued else ""
    return f"{name} has as many jobs of this service as it may (max_jobs = {policy.max_jobs}{queued})"
