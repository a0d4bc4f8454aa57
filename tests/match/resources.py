"""Resources and snapshots for the tests of matching."""

from __future__ import annotations

from gridwms.classad import parse_ad, parse_expression
from gridwms.market import Resource, Snapshot
from gridwms.match import Verdict, match


def place(ce_id: str, text: str = "", site: str | None = "here", host: str = "") -> Resource:
    """A resource whose ad is `text`; its host is the id in front of ':' when none is given."""
    ad = parse_ad(f'[ GlueCEUniqueID = "{ce_id}"; {text} ]')
    host = host or ce_id.split(":")[0]
    return Resource(ce_id=ce_id, host=host, site=site, source="test", ad=ad)


def snapshot_of(*places: Resource) -> Snapshot:
    """A snapshot of version 7."""
    return Snapshot(7, 0.0, places)


def matched(requirements: str, rank: str, *places: Resource, job: str = "") -> Verdict:
    """The verdict on a job whose ad is `job`."""
    ad = parse_ad(f"[ {job} ]")
    return match(ad, parse_expression(requirements), parse_expression(rank), snapshot_of(*places))


def ids(verdict: Verdict) -> list[str]:
    """Best first, ties in order of id."""
    return [place.ce_id for place in sorted(verdict.candidates, key=lambda place: (-place.rank, place.ce_id))]
