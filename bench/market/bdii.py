"""Claim: a BDII of 5,000 computing elements is in the market within 6 s, a round in which 1 % changed costs a fraction
of that, and matching that goes on meanwhile is never held up for more than 10 ms.

How long matching is held up: the time that a match waited, as far as the round computed in it. On a machine that does
other things as well, the clock on the wall counts those too. Both are told.

Run: PYTHONPATH=src:. python bench/market/bdii.py [computing elements]. Needs slapd and the GLUE schemas.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from itertools import count

from bench._house import tell
from gridwms.classad import parse_ad
from gridwms.daemon.serve import SWITCH_SECONDS
from gridwms.market import Market
from gridwms.market.sources.bdii import BdiiSource
from gridwms.match import Matching
from tests.market.bdii.grid import many
from tests.services import slapd

_CHANGED = 0.01


def matching(number: int) -> Matching:
    """One of many classes of jobs: each looks at the columns anew."""
    job = parse_ad(
        f"[ Requirements = other.GlueCEStateFreeJobSlots > {number % 97} && other.GlueHostMainMemoryRAMSize >= 4096"
        ' && member("CVMFS", other.GlueHostApplicationSoftwareRunTimeEnvironment);'
        ' Rank = -other.GlueCEStateWaitingJobs; VirtualOrganisation = "atlas" ]'
    )
    return Matching(job, job["Requirements"], job["Rank"])


def round_of(market: Market, what: str, n: int) -> None:
    """Refresh, with matching beside it; what both took."""
    held: list[float] = []
    waited: list[float] = []
    done = threading.Event()
    clock = time.pthread_getcpuclockid(threading.get_ident())
    classes = [matching(number) for number in range(97)]

    def match() -> None:
        for number in count():
            if done.is_set():
                return
            own, before, wall = time.thread_time(), time.clock_gettime(clock), time.perf_counter()
            classes[number % 97].on(market.snapshot)
            spent = time.thread_time() - own
            waited.append(max(0.0, time.perf_counter() - wall - spent))
            # What it waited for while the round computed: neither other programs, nor the round on the other processor.
            held.append(min(waited[-1], time.clock_gettime(clock) - before))
            time.sleep(0.0005)

    thread = threading.Thread(target=match)
    thread.start()
    started, processor = time.perf_counter(), time.clock_gettime(clock)
    market.refresh("bdii")
    tell(f"bdii, {what}: in the market after", time.perf_counter() - started, "s", n)
    tell(f"bdii, {what}: processor time", time.clock_gettime(clock) - processor, "s", n)
    done.set()
    thread.join()
    held.sort()
    tell(f"bdii, {what}: a match is held up at most", held[-1] * 1e3, "ms", n)
    tell(f"bdii, {what}: a match waits at most, by the wall clock", max(waited) * 1e3, "ms", n)


def changed(text: str, seed: int) -> str:
    """The same grid in which one element in a hundred has other free slots."""
    rng = random.Random(seed)
    blocks = text.split("\n\n")
    elements = [number for number, block in enumerate(blocks) if "\nobjectClass: GlueCE\n" in block]
    for number in rng.sample(elements, round(len(elements) * _CHANGED)):
        lines = blocks[number].split("\n")
        lines = [
            f"GlueCEStateFreeJobSlots: {rng.randrange(200, 900)}" if line.startswith("GlueCEStateFree") else line
            for line in lines
        ]
        blocks[number] = "\n".join(lines)
    return "\n\n".join(blocks)


def main(elements: int) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    text = many(elements)
    n = text.count("\ndn: ") + 1
    with slapd.running(text) as url:
        market = Market([BdiiSource("bdii", url, base1="o=grid", glue=[1])])
        round_of(market, "the first round", n)
        round_of(market, "nothing changed", n)
    with slapd.running(changed(text, 2), port=int(url.rpartition(":")[2])):
        round_of(market, "1 % changed", n)
    with slapd.running(many(elements, seed=9), port=int(url.rpartition(":")[2])):
        round_of(market, "everything changed", n)
    tell("bdii: resources in the market", len(market.snapshot.resources), "resources", n)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
