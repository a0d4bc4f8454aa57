"""`gridwms`, where instances on one machine may drive one `local` site in turn: whoever has the lease opens it.

It stands for a batch system that all instances can reach. The real local site belongs to one service for its life.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gridwms.classad import ClassAd
from gridwms.cli.main import run
from gridwms.daemon import build
from gridwms.daemon.site_sections import AnySite, LocalSite
from gridwms.sites import local
from gridwms.sites.local.describe import Load, describe

_IDLE_SECONDS = 3.0
"""A site that nobody has asked for so long is let go: another instance has the lease."""


class SharedSite:
    """Opens the local site when it is asked, lets go of it when it is asked no more."""

    def __init__(self, settings: local.LocalSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._site: local.LocalSite | None = None
        self._watcher: Callable[[Sequence[str]], None] | None = None
        self._lock = threading.Lock()
        self._asked = 0.0
        threading.Thread(target=self._let_go_when_idle, daemon=True).start()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def ask(*arguments: Any) -> Any:
            with self._lock:
                if self._site is None:
                    self._site = local.LocalSite(self._settings)
                    if self._watcher is not None:
                        self._site.watch(self._watcher)
                answer = getattr(self._site, verb)(*arguments)
                self._asked = time.monotonic()
                return answer

        return ask

    def describe(self) -> list[ClassAd]:
        return [describe(self._settings, os.uname().nodename, Load(slots=self._settings.slots, busy=0, waiting=0), 0)]

    def watch(self, callback: Callable[[Sequence[str]], None]) -> None:
        self._watcher = callback

    def close(self) -> None:
        with self._lock:
            if self._site is not None:
                self._site.close()
                self._site = None

    def _let_go_when_idle(self) -> None:
        while True:
            time.sleep(0.5)
            if self._site is not None and time.monotonic() - self._asked > _IDLE_SECONDS:
                self.close()


def _shared_site(name: str, section: AnySite, data: Path) -> Any:
    assert isinstance(section, LocalSite)
    directory = data / "sites" / name
    return SharedSite(local.LocalSettings(name=name, directory=directory, slots=section.slots, lock_seconds=0.2))


if __name__ == "__main__":
    build.build_site = _shared_site
    run()
