"""The status of a job as JSON types: all attributes by their L&B names, times in seconds since the epoch."""

from __future__ import annotations

from enum import Enum
from typing import Any

from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.status import JobStatus, attributes
from gridwms.bookkeeping.text_view import state_text

_MOMENTS = frozenset({"stateEnterTime", "lastUpdateTime"})


def status_data(status: JobStatus) -> dict[str, Any]:
    """The attributes of a job. Enumerations by name; `state_text` is the state as it is printed."""
    data = {name: _plain(name, value) for name, value in attributes(status).items()}
    data["stateEnterTimes"] = _by_state(status.state_enter_times)
    data["children_hist"] = _by_state(status.children_hist)
    data["children_states"] = [status_data(child) for child in status.children_states]
    data["user_tags"] = dict(status.user_tags)
    data["state"] = status.state.word
    data["state_text"] = state_text(status)
    return data


def _by_state(numbers: tuple[int, ...]) -> dict[str, int]:
    return {StateCode(place).word: number for place, number in enumerate(numbers) if number}


def _plain(name: str, value: object) -> Any:
    if name in _MOMENTS and isinstance(value, int):
        return value / 1_000_000 if value else None
    if isinstance(value, Enum):
        return value.name if isinstance(value.value, int) else value.value
    if isinstance(value, tuple):
        pairs = bool(value) and all(isinstance(one, tuple) for one in value)
        return dict(value) if pairs else list(value)
    return value


def event_data(event: Event) -> dict[str, Any]:
    """An event as JSON types: the common fields, and the attributes of its type in `data`."""
    return {
        "type": event.type,
        "timestamp": event.timestamp / 1_000_000,
        "arrived": None if event.arrived is None else event.arrived / 1_000_000,
        "job": event.job,
        "source": event.source,
        "seqcode": event.seqcode,
        "host": event.host,
        "user": event.user,
        "src_instance": event.src_instance,
        "level": event.level,
        "priority": event.priority,
        "data": dict(event.data),
    }
