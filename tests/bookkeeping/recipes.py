"""The recipes of standard event sequences (`recipes/*.l`), logged as glite-lb-logevent does: one chain of codes.

`:name:` takes in another recipe, `! NAME=value` sets a variable, every other line is one call.
"""

from __future__ import annotations

import re
from pathlib import Path

from gridwms.bookkeeping.event import Event, Value
from gridwms.bookkeeping.event_types import EVENT_TYPES, Kind
from gridwms.bookkeeping.seqcode import SequenceCode, increment
from tests.bookkeeping.streams import JOB, OWNER, START

FOLDER = Path(__file__).parent / "recipes"
_OPTION = re.compile(r'--?([a-zA-Z_]+)[= ]\s*("(?:[^"]*)"|[^,\s]+)')
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}|\$(\w+)")


class Logger:
    """Runs recipes for one job."""

    def __init__(self, jobtype: str = "SIMPLE") -> None:
        self.code = SequenceCode()
        self.events: list[Event] = []
        self.variables: dict[str, str] = {}
        self.log("UserInterface", "RegJob", {"jobtype": jobtype, "ns": "ns:7772", "jdl": "[]"})

    def log(self, source: str, kind: str, data: dict[str, Value]) -> None:
        moment = START + len(self.events) * 1_000_000
        self.events.append(Event(kind, moment, JOB, source, str(self.code), "host", OWNER, data=data))
        self.code = increment(self.code, source)

    def run(self, name: str) -> list[Event]:
        for line in (FOLDER / f"{name}.l").read_text().splitlines():
            line = line.strip()
            if line.startswith("!"):
                variable, _, value = line[1:].strip().partition("=")
                self.variables[variable] = value
            elif line.startswith(":"):
                self.run(line.strip(":"))
            elif line.startswith("-"):
                self._call(line)
        return self.events

    def _call(self, line: str) -> None:
        options = {name: self._expanded(value.strip('"')) for name, value in _OPTION.findall(line)}
        source, kind = options.pop("s"), options.pop("e")
        fields = {one.name: one for one in EVENT_TYPES[kind].fields}
        data: dict[str, Value] = {
            name: int(value) if fields[name].kind is Kind.INT else value for name, value in options.items()
        }
        self.log(source, kind, data)

    def _expanded(self, text: str) -> str:
        variables = self.variables | {"EDG_WL_SEQUENCE": str(self.code)}
        return _VARIABLE.sub(lambda found: variables.get(found[1] or found[3], found[2] or ""), text)
