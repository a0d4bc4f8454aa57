"""What `glite-wms-job-logging-info` prints of events (gLite reference §8.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gridwms.glite.status_text import jdl_lines
from gridwms.glite.wording import WIDTH, clock_moment, stripe

NAME = "glite-wms-job-logging-info"
_BANNER = stripe(78, f"{NAME} Success")
_PADDED, _TEXT = 27, 15
_FIRST = ("Dest id", "Destination", "Result", "Source", "Timestamp")
_TECHNICAL = ("Level", "Priority", "Seqcode")
_LONG = ("Classad", "Jdl", "Job")
_COMMON = ("arrived", "host", "level", "priority", "seqcode", "source", "src_instance", "user")
Data = Mapping[str, Any]


def job_block(job: str, events: Sequence[Data], level: int) -> str:
    """The events of a job."""
    text = f"\nLOGGING INFORMATION:\n\nPrinting info for the Job : {job}\n \n"
    if level == 0:
        return text + "".join(f" - {event['type']}\n" for event in events)
    return text + "".join(_event_text(event, level) for event in events)


def whole(blocks: Sequence[str]) -> str:
    """Blocks with their banner and rule."""
    return f"{_BANNER}\n{''.join(blocks)}{stripe(WIDTH)}\n\n"


def attributes(event: Data) -> dict[str, str]:
    """All that is set, by the names that are printed."""
    found: dict[str, Any] = {name: event.get(name) for name in _COMMON}
    found |= dict(event.get("data") or {})
    found["timestamp"] = event["timestamp"]
    return {
        _label(name): _value(name, value) for name, value in sorted(found.items()) if value is not None and value != ""
    }


def _event_text(event: Data, level: int) -> str:
    known = attributes(event)
    names = [name for name in sorted(known) if name not in _LONG and (name in _FIRST or level > 1)]
    names = [name for name in names if name not in _TECHNICAL or level > 2]
    text = f"\t---\nEvent: {event['type']}\n"
    text += "".join(f"- {name.ljust(_PADDED)}=    {known[name]}\n" for name in names)
    if level > 2:
        for name in _LONG:
            if name in known:
                body = "\n".join(jdl_lines(known[name]))
                text += f"- {name.ljust(_TEXT)}=   \n{body}\n"
    return text


def _label(name: str) -> str:
    return name.replace("_", " ").lower().capitalize()


def _value(name: str, value: Any) -> str:
    if name in ("timestamp", "arrived") and isinstance(value, int | float):
        return clock_moment(value)
    if name == "priority":
        return "synchronous" if value else "asynchronous"
    return str(value)


def json_entry(job: str, events: Sequence[Data], level: int) -> dict[str, Any]:
    """The same for programs; moments are seconds since the epoch."""
    return {"JobID": job, "Events": [_event_data(event, level) for event in events]}


def _event_data(event: Data, level: int) -> dict[str, str]:
    known = attributes(event)
    known["Timestamp"] = str(int(event["timestamp"]))
    if event.get("arrived") is not None:
        known["Arrived"] = str(int(event["arrived"]))
    names = [name for name in sorted(known) if level > 2 or (name not in _LONG and name not in _TECHNICAL)]
    names = [name for name in names if level > 1 or name in _FIRST]
    return {"EventName": str(event["type"])} | ({name: known[name] for name in names} if level else {})
