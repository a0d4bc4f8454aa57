"""A site whose attempts leave traces: each start is a line in a file, and endless ones wait at a gate."""

from __future__ import annotations

import os
from pathlib import Path

from gridwms.sites.contract import Handover
from tests.sites.contract import Rig


class TraceRig(Rig):
    """What rigs of sites have in common that run real scripts."""

    ce: str

    def lay_traces(self, folder: Path) -> None:
        """Where the scripts write, and where they wait."""
        self.traces = folder / "traces"
        self.traces.mkdir()
        self.gate = folder / "gate"
        os.mkfifo(self.gate)

    def script(self, tag: str, text: str) -> Handover:
        return Handover(tag=tag, ce=self.ce, script=f"echo x >>{self.traces}/{tag}\n{text}\n")

    def quick(self, tag: str) -> Handover:
        return self.script(tag, "")

    def endless(self, tag: str) -> Handover:
        return self.script(tag, f"trap 'exit 19' TERM\nread -r x <{self.gate}")

    def ran(self, tag: str) -> int:
        try:
            return (self.traces / tag).read_text().count("x")
        except FileNotFoundError:
            return 0
