"""Reading an event stream (server-sent events) line by line. Pure: no network here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from gridwms.client.answers import Event
from gridwms.client.errors import ServiceUnreachable


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """The stream has told all that there is for now."""


@dataclass(slots=True)
class StreamReader:
    """Turns lines into events. `cursor` is where to go on after a broken connection; "" before anything came."""

    cursor: str = ""
    _id: str = ""
    _type: str = ""
    _data: list[str] = field(default_factory=list)

    def restart(self) -> None:
        """A new connection: what was half read is sent again."""
        self._id, self._type, self._data = self.cursor, "", []

    def feed(self, line: str) -> Event | CaughtUp | None:
        """Take one line without its end; what the line completed, if it completed something.

        Raises ServiceUnreachable when the service says that it cannot go on.
        """
        if line:
            self._field(line)
            return None
        # Only a message that came whole moves the cursor: one that was cut off is sent again.
        self.cursor = self._id
        kind, data = self._type, "\n".join(self._data)
        self._type, self._data = "", []
        match kind:
            case "job":
                return Event.read(json.loads(data))
            case "caught-up":
                return CaughtUp()
            case "error":
                told = json.loads(data)
                raise ServiceUnreachable(str(told["message"]), str(told["advice"]))
        return None

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
