"""Trivial wrappers spawned and reaped by the local site: over 150 a second on two cores.

PYTHONPATH=src python bench/sites/local_rate.py [count] [slots]
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from gridwms.sites.contract import Handover, Phase, Receipt
from gridwms.sites.local import LocalSettings, LocalSite


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    slots = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory() as directory:
        site = LocalSite(LocalSettings(directory=Path(directory), slots=slots))
        over = threading.Event()
        ended: set[str] = set()

        def hear(tags: Sequence[str]) -> None:
            sightings = site.status([Receipt(tag=tag, id=tag) for tag in tags])
            ended.update(one.tag for one in sightings if one.phase is Phase.ENDED)
            if len(ended) == count:
                over.set()

        site.watch(hear)
        began = time.perf_counter()
        tags = [f"gw-{number:022d}-1" for number in range(count)]
        receipts = site.submit([Handover(tag=tag, ce="", script="exit 0\n") for tag in tags])
        submitted = time.perf_counter()
        over.wait()
        seconds = time.perf_counter() - began
        site.forget([one for one in receipts if isinstance(one, Receipt)])
        site.close()
    for name, value in (("submitted", count / (submitted - began)), ("done", count / seconds)):
        print(json.dumps({"name": f"sites.local.{name}", "value": round(value, 1), "unit": "attempts/s", "n": count}))


if __name__ == "__main__":
    main()
