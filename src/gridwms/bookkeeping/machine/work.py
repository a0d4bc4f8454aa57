"""The bench on which one event is worked into a memory: changes are gathered and applied in one go."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from enum import Enum
from typing import Any

from gridwms.bookkeeping.amend import amender
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.memory import Memory
from gridwms.bookkeeping.seqcode import UNREADABLE, SequenceCode
from gridwms.bookkeeping.states import StateCode, WrapperStatus
from gridwms.bookkeeping.status import GROUPS, JobStatus


class Branching(Enum):
    """How an event stands to the branches of resubmission (rules 3 and 4)."""

    NONE = "none"
    TOO_OLD = "too old"
    """From before the last deep resubmission."""
    GOOD = "good"
    """On the branch on which the payload runs."""
    BAD = "bad"
    """On another one."""


_FROM_ANEW = frozenset({StateCode.WAITING, StateCode.READY, StateCode.SCHEDULED})


class Work:
    """One event and the job it is about, with the changes so far."""

    __slots__ = ("before", "branching", "changes", "code", "event", "groups", "late", "memory", "state")

    def __init__(self, before: Memory, event: Event, code: SequenceCode | None) -> None:
        self.before = before
        self.event = event
        self.code = UNREADABLE if code is None else code
        self.state = before.state
        self.late = False
        self.branching = Branching.NONE
        self.changes: dict[str, Any] = {}
        """Fields of the status."""
        self.groups: dict[str, dict[str, Any]] = {}
        """Fields of its groups."""
        self.memory: dict[str, Any] = {}
        """Fields of the memory."""

    def now(self, name: str) -> Any:
        """A field of the status with the changes so far."""
        if name in self.changes:
            return self.changes[name]
        fields = self.before.fields
        return fields[name] if name in fields else _UNSET[name]

    def known(self, name: str) -> Any:
        """A field of the memory with the changes so far."""
        return self.memory[name] if name in self.memory else getattr(self.before, name)

    def group(self, group: str, /, **values: Any) -> None:
        """Change fields of a group."""
        self.groups.setdefault(group, {}).update(values)

    def group_now(self, name: str, field: str) -> Any:
        """A field of a group with the changes so far; None without the group."""
        if field in self.groups.get(name, {}):
            return self.groups[name][field]
        record = self.before.fields.get(name)
        return None if record is None else getattr(record, field)

    def given(self, field: str, attribute: str) -> None:
        """Set a field of the status to an attribute of the event, if the event has it."""
        if (value := self.event.data.get(attribute)) is not None:
            self.changes[field] = value

    def enter(self) -> None:
        """The event counts: it is the last one, and a change of state is timed."""
        event = self.event
        self.changes["last_update_time"] = event.timestamp
        if self.state is not self.before.state:
            self.changes["state"] = self.state
            self.changes["state_enter_time"] = event.timestamp
            self.entered_at(self.state)

    def entered_at(self, state: StateCode) -> None:
        """Note the second of this event as the one in which `state` was entered."""
        times = list(self.now("state_enter_times"))
        times[state] = self.event.timestamp // 1_000_000
        self.changes["state_enter_times"] = tuple(times)

    def forget_wrapper_if_anew(self) -> None:
        """A job that waits again has no wrapper."""
        if self.state in _FROM_ANEW and self.state is not self.before.state:
            self.changes["jw_status"] = WrapperStatus.UNKNOWN

    def result(self) -> Memory:
        """The memory with all changes."""
        fields, memory = self.before.fields, self.memory
        for name, values in self.groups.items():
            record = fields.get(name)
            self.changes[name] = GROUPS[name][1](**values) if record is None else replace(record, **values)
        if self.changes:
            memory["fields"] = {**fields, **self.changes}
        return _amend(self.before, memory) if memory else self.before


_amend = amender(Memory)
_UNSET = {one.name: getattr(JobStatus(), one.name) for one in dataclass_fields(JobStatus)}
"""What a field of the status is before anything set it."""
