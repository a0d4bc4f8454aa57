"""Pure matching: which resources suit a job, which is best, and why the others do not."""

from gridwms.match.capacity import capacities
from gridwms.match.choose import Capacity, choose
from gridwms.match.classes import match_class_key, matching_ad
from gridwms.match.explain import Explanation, Line, explain, reason_of
from gridwms.match.matching import match
from gridwms.match.submit_to import named
from gridwms.match.verdict import Candidate, ClauseCount, Verdict

__all__ = [
    "Candidate",
    "Capacity",
    "ClauseCount",
    "Explanation",
    "Line",
    "Verdict",
    "capacities",
    "choose",
    "explain",
    "match",
    "match_class_key",
    "matching_ad",
    "named",
    "reason_of",
]
