"""SubmitTo: the user names the computing element, and matching is left out (gLite reference §1.2).

Unlike gLite, which sends the job whatever the id, the id must be known to the market and lead to a site.
"""

from __future__ import annotations

import numpy

from gridwms.jobs.reasons import Reason, reason
from gridwms.match.resources import Snapshot
from gridwms.match.verdict import Ranking, Verdict


def named(ce_id: str, snapshot: Snapshot) -> Verdict | Reason:
    """A verdict with that one candidate (rank 0), or the reason why the job has to wait."""
    if not snapshot.resources:
        return reason("no_resources")
    resource = snapshot.find(ce_id)
    if resource is None:
        return reason("unknown_ce", ce=ce_id, considered=len(snapshot.resources))
    if resource.site is None:
        return reason("not_deliverable", matching=1, ce=ce_id)
    only = Ranking(snapshot, numpy.array([snapshot.columns.row_of[resource.id]]), numpy.zeros(1))
    return Verdict(snapshot=snapshot.version, considered=1, candidates=only)
