"""Whole lives at an invented site, without a service behind: what the play itself costs.

PYTHONPATH=src python bench/sites/simulated_rate.py [count]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from gridwms.sites.contract import Handover, Receipt
from gridwms.sites.simulated import EachLink, Queue, SimulatedSettings, SimulatedSite

CE = "ce.simulated.example:8443/cream-simulated-default"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as directory:
        settings = SimulatedSettings(directory=Path(directory), queues=(Queue(slots=1000),), run_seconds=60.0)
        now = [1.7e9]
        site = SimulatedSite(settings, lambda: now[0], EachLink(lambda *_: True, lambda *_: True))
        tags = [f"gw-{number:022d}-1" for number in range(count)]
        began = time.perf_counter()
        receipts: list[Receipt] = []
        for begin in range(0, count, 1000):
            handovers = [Handover(tag=tag, ce=CE, script="") for tag in tags[begin : begin + 1000]]
            receipts += [one for one in site.submit(handovers) if isinstance(one, Receipt)]
        while (due := site.play()) is not None:
            now[0] = max(now[0], due)
        for begin in range(0, count, 1000):
            some = receipts[begin : begin + 1000]
            site.status(some)
            site.collect(some)
            site.forget(some)
        seconds = time.perf_counter() - began
        site.close()
    print(
        json.dumps({"name": "sites.simulated.life", "value": round(count / seconds), "unit": "attempts/s", "n": count})
    )


if __name__ == "__main__":
    main()
