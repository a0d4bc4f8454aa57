"""SubmitTo: the user names the computing element, and matching is left out (gLite reference §1.2).

Unlike gLite, which sends the job whatever the id, the id must be known to the market and lead to a site, and the
service's policies must allow it.
"""

from __future__ import annotations

import numpy

from gridwms.jobs.reasons import Reason, reason
from gridwms.match.matching import Matching
from gridwms.match.resources import Snapshot
from gridwms.match.verdict import Ranking, Verdict


def named(ce_id: str, snapshot: Snapshot, matching: Matching) -> Verdict | Reason:
    """A verdict with that one element, or its views that are open (rank 0), or the reason why the job has to wait."""
    if not snapshot.resources:
        return reason("no_resources")
    views = snapshot.views(ce_id)
    if not views:
        return reason("unknown_ce", ce=ce_id, considered=len(snapshot.resources))
    views = [view for view in views if view.site is not None]
    if not views:
        return reason("not_deliverable", matching=1, ce=ce_id)
    rows = [snapshot.columns.row_of[view.id] for view in views]
    refusals = [matching.refused_by(snapshot, row) for row in rows]
    allowed = [row for row, policy in zip(rows, refusals, strict=True) if not policy]
    if not allowed:
        return reason("not_permitted", ce=ce_id, policy=refusals[0])
    only = Ranking(snapshot, numpy.array(allowed), numpy.zeros(len(allowed)))
    return Verdict(snapshot=snapshot.version, considered=len(views), candidates=only)
