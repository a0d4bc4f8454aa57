"""What the machine knows of a job between two events: its status and what the out-of-order rules need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gridwms.bookkeeping.seqcode import CondorCode, PbsCode, SequenceCode
from gridwms.bookkeeping.states import JobType, StateCode
from gridwms.bookkeeping.status import JobStatus


@dataclass(frozen=True, slots=True)
class Branch:
    """What the events with one WM counter told: the rows that a ReallyRunning selects from."""

    counter: int
    destination: str | None = None
    ce_node: str | None = None
    jdl: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """A job as its events so far make it."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    """The fields of the status that have been set, by name: a step copies these alone."""
    last: SequenceCode | None = None
    """The code of the newest event in order."""
    last_cancel: SequenceCode | None = None
    selected: SequenceCode | None = None
    """The code that marks the branch on which the payload runs (its WM counter)."""
    last_on_branch: SequenceCode | None = None
    floor: SequenceCode | None = None
    """The code of the last deep resubmission: events of lower WM counters are too old."""
    branches: tuple[Branch, ...] = ()
    """Ascending by counter."""
    tag_codes: Mapping[str, SequenceCode] = field(default_factory=dict)
    granted: str | None = None
    """The payload owner named by a grant that nobody has taken up yet."""
    taken: str | None = None
    """Who took the payload without a grant so far."""
    resubmission: str | None = None
    """WILLRESUB, WONTRESUB or SHALLOW: the last decision that was noted."""
    pbs_last: PbsCode | None = None
    pbs_rerunning: bool = False
    condor_last: CondorCode | None = None

    @property
    def status(self) -> JobStatus:
        """The status, made when it is asked for."""
        return JobStatus(**self.fields)

    @property
    def state(self) -> StateCode:
        """The state of the job."""
        state: StateCode = self.fields.get("state", StateCode.UNDEFINED)
        return state

    @property
    def jobtype(self) -> JobType | None:
        """The kind of job; None before its registration."""
        kind: JobType | None = self.fields.get("jobtype")
        return kind
