"""Whether jobs could run on the resources that are known now: one of each kind of node is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gridwms.classad import ClassAd
from gridwms.describe.compound import Compound, node_text
from gridwms.describe.description import Description
from gridwms.describe.jdl import read_stored
from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason
from gridwms.match.classes import match_class_key, matching_ad
from gridwms.match.explain import explain
from gridwms.match.matching import Matching
from gridwms.match.submit_to import named
from gridwms.match.verdict import Verdict

_MOST_VARYING = 100
"""So many nodes that matching can tell apart are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """Whether jobs could run on the resources that are known now. `placed`: how many of `jobs` could.

    `sentence`: the verdict; `reason`: of the first that could not; `never`: conditions that no resource meets.
    """

    jobs: int
    placed: int
    considered: int
    sentence: str
    reason: Reason | None = None
    never: tuple[str, ...] = ()


def samples(compound: Compound) -> list[tuple[str, Description, int]]:
    """Nodes that stand for others, each with its name and for how many: one of those that matching cannot tell apart.

    Of a template whose matching varies only the first nodes are looked at, and each stands for itself.
    """
    alike = Counter(node.template for node in compound.nodes)
    found: list[tuple[str, Description, int]] = []
    for name, number, value in compound.nodes:
        template = compound.templates[number]
        if template.matching_varies:
            if sum(weight == 1 for _name, _job, weight in found) >= _MOST_VARYING:
                continue
            weight = 1
        else:
            weight = alike.pop(number, 0)
        description = read_stored(node_text(template.jdl, value)) if weight else None
        if description is not None:
            found.append((name, description, weight))
    return found


def feasibility(world: World, jobs: Sequence[tuple[str, Description, int]], count: int) -> Feasibility:
    """Whether these jobs, each with its name and for how many it stands, of `count`, could run now."""
    looked_at = sum(weight for _name, _job, weight in jobs)
    placed, considered = 0, 0
    reason: Reason | None = None
    where = ""
    never: dict[str, None] = {}
    seen: dict[str, tuple[Reason | None, int, tuple[str, ...]]] = {}
    world.data.find_now([job.data for _name, job, _weight in jobs if job.data is not None])
    for name, description, weight in jobs:
        key = class_key(description)
        if key not in seen:
            seen[key] = _place(world, description)
        why, known, conditions = seen[key]
        considered = max(considered, known)
        never |= dict.fromkeys(conditions)
        placed += weight if why is None else 0
        if why is not None and reason is None:
            reason, where = why, name
    return Feasibility(
        jobs=count,
        placed=placed,
        considered=considered,
        sentence=_sentence(count, looked_at, placed, where, reason),
        reason=reason,
        never=tuple(never),
    )


def _place(world: World, description: Description) -> tuple[Reason | None, int, tuple[str, ...]]:
    """Why a job could not run now (None: it could), of how many resources, and which conditions none of them meets."""
    verdict = verdict_now(world, description)
    if isinstance(verdict, Reason):
        return verdict, 0, ()
    explanation = explain(verdict)
    considered = explanation.considered
    never = tuple(line.clause for line in explanation.lines if line.side == "job" and line.rejects == considered > 0)
    return explanation.reason, considered, never


def _sentence(count: int, looked_at: int, placed: int, where: str, reason: Reason | None) -> str:
    if count == 1:
        return "it could run now" if reason is None else f"it could not run now: {reason.sentence}"
    of = f"{count:,} nodes" if looked_at == count else f"{looked_at:,} nodes looked at, of {count:,},"
    if reason is None:
        return f"all {of} could run now"
    return f"{placed:,} of {of} could run now; {where} could not: {reason.sentence}"


def verdict_now(world: World, description: Description) -> Verdict | Reason:
    """What matching says of a job on the resources as they are: all that are near any of its input data.

    A reason when it names a resource that is not there, or its data cannot be found. May take as long as a catalogue.
    """
    ad, snapshot = ad_of(description), world.market.snapshot
    matching = Matching(ad, ad["Requirements"], ad["Rank"], world.settings.policies)
    if description.submit_to:
        return named(description.submit_to, snapshot, matching)
    if description.data is None:
        return matching.on(snapshot)
    world.data.find_now([description.data])
    place = world.data.where(description.data)
    return place if isinstance(place, Reason) else matching.on(snapshot, place.wanted, most_files=False)


def class_key(description: Description) -> str:
    """The same for jobs that matching cannot tell apart."""
    return match_class_key(ad_of(description))


def ad_of(description: Description) -> ClassAd:
    """The matching ad of a description."""
    return matching_ad(description.ad, description.requirements, description.rank)
