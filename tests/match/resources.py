"""Resources and snapshots for the tests of matching."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.classad import ClassAd, parse_ad, parse_expression
from gridwms.match import Verdict, match


@dataclass(frozen=True)
class Place:
    ce_id: str
    ad: ClassAd
    site: str | None = "here"
    host: str = ""


@dataclass(frozen=True, eq=False)
class Places:
    resources: tuple[Place, ...]
    version: int = 7


def place(ce_id: str, text: str = "", site: str | None = "here", host: str = "") -> Place:
    """A resource whose ad is `text`; its host is the id in front of ':' when none is given."""
    return Place(ce_id, parse_ad(f'[ GlueCEUniqueID = "{ce_id}"; {text} ]'), site, host or ce_id.split(":")[0])


def matched(requirements: str, rank: str, *places: Place, job: str = "") -> Verdict:
    """The verdict on a job whose ad is `job`."""
    ad = parse_ad(f"[ {job} ]")
    return match(ad, parse_expression(requirements), parse_expression(rank), Places(places))


def ids(verdict: Verdict) -> list[str]:
    return [candidate.ce_id for candidate in verdict.candidates]
