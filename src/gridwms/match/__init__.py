"""Pure matching: which resources suit a job, which is best, and why the others do not."""

from gridwms.match.capacity import Room, room_of
from gridwms.match.choose import choose
from gridwms.match.classes import match_class_key, matching_ad
from gridwms.match.explain import Explanation, Line, explain, reason_of
from gridwms.match.matching import Matching, match
from gridwms.match.submit_to import named
from gridwms.match.verdict import Candidate, ClauseCount, Ranking, Verdict

__all__ = [
    "Candidate",
    "ClauseCount",
    "Explanation",
    "Line",
    "Matching",
    "Ranking",
    "Room",
    "Verdict",
    "choose",
    "explain",
    "match",
    "match_class_key",
    "matching_ad",
    "named",
    "reason_of",
    "room_of",
]
