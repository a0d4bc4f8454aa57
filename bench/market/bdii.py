"""Claim: a BDII of 5,000 computing elements is in the market within 6 s, and a round in which 1 % changed costs a
fraction of that; a match that goes on meanwhile never waits long.

Run: PYTHONPATH=src:. python bench/market/bdii.py [computing elements]. Needs slapd and the GLUE schemas.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from gridwms.classad import parse_ad
from gridwms.market import Market
from gridwms.market.sources.bdii import BdiiSource
from gridwms.match import Matching
from tests.market.bdii.grid import many
from tests.services import slapd

JOB = parse_ad(
    "[ Requirements = other.GlueCEStateFreeJobSlots > 20 && other.GlueHostMainMemoryRAMSize >= 4096;"
    ' Rank = -other.GlueCEStateWaitingJobs; VirtualOrganisation = "atlas" ]'
)


def report(name: str, value: float, unit: str, n: int) -> None:
    """A line of the result."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "n": n}), flush=True)


def main(elements: int) -> None:
    with slapd.running(many(elements)) as url:
        source = BdiiSource("index", url, base1="o=grid", glue=[1])
        market = Market([source])
        started = time.perf_counter()
        snapshot = market.refresh("index")
        report("bdii: first round, in the market", time.perf_counter() - started, "s", len(snapshot.resources))
        pauses: list[float] = []
        stop = threading.Event()

        def match() -> None:
            matching = Matching(JOB, JOB["Requirements"], JOB["Rank"])
            while not stop.is_set():
                before = time.perf_counter()
                matching.on(market.snapshot)
                pauses.append(time.perf_counter() - before)

        matcher = threading.Thread(target=match)
        matcher.start()
        started = time.perf_counter()
        market.refresh("index")
        report("bdii: a round without changes, matching beside it", time.perf_counter() - started, "s", elements)
        stop.set()
        matcher.join()
        pauses.sort()
        report("bdii: a match during that round, median", pauses[len(pauses) // 2] * 1e3, "ms", len(pauses))
        report("bdii: a match during that round, longest", pauses[-1] * 1e3, "ms", len(pauses))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
