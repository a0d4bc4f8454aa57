"""`gridwms` with two faults, to see that they are found: its site runs each attempt twice, as a batch system may that
lost its mind, and its token goes to everybody. `--with-token`: only the first, against which the token stands.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from unittest import mock

from gridwms.cli.main import run
from gridwms.flow import worker
from gridwms.sites import local
from gridwms.sites.contract import Handover, Receipt, Refusal
from gridwms.sites.local import LocalSettings, LocalSite


class Doubling(LocalSite):
    """Hands everything to a second place too."""

    def __init__(self, settings: LocalSettings) -> None:
        super().__init__(settings)
        self._twin = LocalSite(replace(settings, directory=settings.directory / "twin"))

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        self._twin.link = self.link
        self._twin.submit(handovers)
        return super().submit(handovers)


if __name__ == "__main__":
    local.LocalSite = Doubling  # type: ignore[misc]
    if "--with-token" in sys.argv:
        sys.argv.remove("--with-token")
    else:
        mock.patch.object(worker, "_is_taken", lambda *_: False).start()
    run()
