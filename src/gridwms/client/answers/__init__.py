"""What the service answers, typed. Unknown fields are ignored, so that a newer service can be asked.

Times are seconds since the epoch, sizes bytes.
"""

from gridwms.client.answers.ending import Ended, OldJob, Purged
from gridwms.client.answers.files import Attachment, Glance, OutputFile, Peek, Piece
from gridwms.client.answers.job import Attempt, Event, Job, JobPage
from gridwms.client.answers.matching import Clause, Match, Miss, NodesMatch, Places, Resource, Verdict, Why
from gridwms.client.answers.policy import MapRow, Policy, Rule, Ruling, Somebody
from gridwms.client.answers.reasons import Reason
from gridwms.client.answers.service import (
    Ban,
    Caller,
    Closure,
    Delegation,
    Element,
    Measured,
    Quota,
    Service,
    Share,
    Site,
    Subscription,
)
from gridwms.client.answers.source import Source, SourceEntry, Trial
from gridwms.client.answers.submission import Checked, Feasible, Problem, Registered, Upload

__all__ = [
    "Attachment",
    "Attempt",
    "Ban",
    "Caller",
    "Checked",
    "Clause",
    "Closure",
    "Delegation",
    "Element",
    "Ended",
    "Event",
    "Feasible",
    "Glance",
    "Job",
    "JobPage",
    "MapRow",
    "Match",
    "Measured",
    "Miss",
    "NodesMatch",
    "OldJob",
    "OutputFile",
    "Peek",
    "Piece",
    "Places",
    "Policy",
    "Problem",
    "Purged",
    "Quota",
    "Reason",
    "Registered",
    "Resource",
    "Rule",
    "Ruling",
    "Service",
    "Share",
    "Site",
    "Somebody",
    "Source",
    "SourceEntry",
    "Subscription",
    "Trial",
    "Upload",
    "Verdict",
    "Why",
]
