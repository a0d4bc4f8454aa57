"""NodesCollocation: all nodes of a compound go to one computing element (gLite reference §1.6).

The first node that is placed decides for all, and only among those elements that suit every node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy

from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason, reason
from gridwms.match.capacity import Room
from gridwms.match.choose import choose
from gridwms.match.verdict import Ranking, Verdict
from gridwms.store import nodes

TOGETHER = "NodesCollocation"
"""In the matching ad of such a node: the key of its compound."""


def keep_together(
    world: World, key: str, verdict: Verdict, room: Room, verdict_of: Callable[[set[str]], dict[str, Verdict | Reason]]
) -> Verdict | Reason:
    """The verdict on a class of nodes of compound `key`, with the one element to which they may go.

    `verdict_of`: the verdicts on the other classes of the compound, by class.
    """
    place, classes = world.database.read(lambda connection: nodes.together(connection, key))
    ranking = verdict.candidates
    elements = [ranking.snapshot.at(row).ce_id for row in ranking.rows.tolist()]
    if place is None:
        suits = set(elements)
        for other in verdict_of(classes).values():
            found = () if isinstance(other, Reason) else (candidate.ce_id for candidate in other.candidates)
            suits &= set(found)
        common = _among(ranking, [element in suits for element in elements])
        if not len(common):
            return reason("no_common_place", nodes=key)
        picks = choose(common, 1, room, world.rng)
        place = common[picks[0] if picks else 0].ce_id
    elif place not in elements:
        return reason("place_gone", ce=place)
    return replace(verdict, candidates=_among(ranking, [element == place for element in elements]))


def _among(ranking: Ranking, chosen: list[bool]) -> Ranking:
    mask = numpy.array(chosen, dtype=numpy.bool_)
    return Ranking(ranking.snapshot, ranking.rows[mask], ranking.ranks[mask])
