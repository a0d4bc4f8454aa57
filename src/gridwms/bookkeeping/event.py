"""One L&B event: what a source saw happen to a job (gLite reference: wire format and common fields)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gridwms.bookkeeping.event_types import EVENT_TYPES

Value = str | int | float

Identity = tuple[str, str, str, str, int, str, str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """An event. Missing text is the empty string in the common fields and absent in `data`."""

    type: str
    timestamp: int
    """When it happened on the clock of its host: microseconds since the epoch."""
    job: str
    source: str
    seqcode: str = ""
    host: str = ""
    user: str = ""
    """The certificate subject (DN) of the sender."""
    src_instance: str = ""
    level: str = "SYSTEM"
    priority: int = 0
    """0 asynchronous, 1 synchronous."""
    arrived: int | None = None
    """When the server stored it: microseconds since the epoch."""
    data: Mapping[str, Value] = field(default_factory=dict)
    """The attributes of the type, by name, in the form that `event_types` gives their kind."""
    unknown: tuple[tuple[str, str], ...] = ()
    """Fields of the line that the table does not know, kept as they came."""
    prog: str = "edg-wms"

    def text(self, name: str) -> str | None:
        """An attribute as text; None when it is absent."""
        value = self.data.get(name)
        return None if value is None else str(value)

    def number(self, name: str) -> int | None:
        """An attribute of whole numbers; None when it is absent or none."""
        value = self.data.get(name)
        return value if isinstance(value, int) else None

    @property
    def identity(self) -> Identity:
        """What makes two events duplicates of each other: the second one is discarded."""
        return (self.job, self.type, self.source, self.host, self.timestamp, self.level, self.user, self.seqcode)


def missing(event: Event) -> tuple[str, ...]:
    """The attributes that the table wants of such an event and that it has not; job id, user and code included."""
    lacking = [
        name
        for name, value in (
            ("job", event.job),
            ("source", event.source),
            ("seqcode", event.seqcode),
            ("user", event.user),
        )
        if not value
    ]
    kind = EVENT_TYPES.get(event.type)
    if kind is not None:
        lacking += [one.name for one in kind.fields if not one.optional and one.name not in event.data]
    return tuple(lacking)
