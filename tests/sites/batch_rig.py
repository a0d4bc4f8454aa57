"""A batch system under the contract of sites, played or real: attempts write lines to files, which are counted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gridwms.sites.batch import BatchSettings, BatchSite, Dialect
from gridwms.sites.contract import Handover
from gridwms.sites.shell import Shell
from tests.sites.traces import TraceRig


class BatchRig(TraceRig):
    """`pause`: seconds between looks while waiting; real batch systems do not like to be asked all the time."""

    def __init__(
        self,
        folder: Path,
        dialect: Dialect,
        shell: Callable[[], Shell],
        settings: BatchSettings,
        *,
        slots: int = 2,
        many: int = 60,
        queue: str = "main",
        pause: float = 0.02,
    ) -> None:
        self.slots, self.many = slots, many
        self.folder = folder
        self.lay_traces(folder)
        self._dialect, self._shell, self.settings, self._pause = dialect, shell, settings, pause
        self.ce = f"{settings.host}:2119/jobmanager-{dialect.kind}-{queue}"
        self.now = 0.0
        """Seconds by which the clock of the site is ahead."""
        self.open()

    def open(self) -> None:
        self.site: BatchSite = BatchSite(self.settings, self._dialect, self._shell(), lambda: time.time() + self.now)

    def quick(self, tag: str) -> Handover:
        return self.saying(tag, 0) if self.settings.share_seconds else super().quick(tag)

    def saying(self, tag: str, code: int, before: str = ":") -> Handover:
        """An attempt that says how its payload ended, as wrappers do: one that ended well may share its task."""
        word = f"type=Finished&exit_code={code}&real=0.00"
        return self.script(tag, f"{before}\necho '{word}' >\"$GRIDWMS_SITE_DIR/events\"")

    def wait(self, what: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "not in time"
            time.sleep(self._pause)

    def restart(self) -> None:
        self.site.close()
        self.open()

    def release(self) -> None:
        """A writer that stays lets every reader go on."""
        handle = os.open(self.gate, os.O_RDWR)
        os.write(handle, b"\n" * 1000)
        threading.Timer(60, os.close, [handle]).start()
