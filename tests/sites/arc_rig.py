"""An ARC computing element under the contract of sites, played or real."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gridwms.sites.arc import ArcSettings, ArcSite
from tests.sites.traces import TraceRig


class ArcRig(TraceRig):
    """`pause`: seconds between looks while waiting."""

    def __init__(
        self,
        folder: Path,
        settings: ArcSettings,
        ce: str,
        *,
        slots: int,
        many: int,
        pause: float,
        fetched: Path | None = None,
    ) -> None:
        self.slots, self.many, self.ce = slots, many, ce
        self.settings, self._pause = settings, pause
        self.fetched, self.patience = fetched, 1
        self.now = 0.0
        """Seconds by which the clock of the site is ahead."""
        self.lay_traces(folder)
        self.open()

    def open(self) -> None:
        self.site: ArcSite = ArcSite(self.settings, lambda: time.time() + self.now, fetched=self.fetched)

    def wait(self, what: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + self.patience * seconds
        while not what():
            assert time.monotonic() < deadline, "not in time"
            time.sleep(self._pause)

    def restart(self) -> None:
        self.site.close()
        self.open()

    def clear(self) -> None:
        """Have all jobs there removed, so that none holds a slot in the next test."""
        rest = self.site._rest
        rest.remove(rest.ids())
        self.wait(lambda: not rest.ids())

    def release(self) -> None:
        handle = os.open(self.gate, os.O_RDWR)
        os.write(handle, b"\n" * 1000)
        threading.Timer(60, os.close, [handle]).start()
