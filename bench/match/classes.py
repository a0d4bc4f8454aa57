"""100,000 jobs in 100 classes against 10,000 resources: matched, and a place chosen for each of them.

Arguments: jobs, classes, resources (100000 100 10000).
"""

from __future__ import annotations

import random
import sys
import time

from bench._house import tell
from bench.match.matching import JDL, resource
from gridwms.classad import parse_ad
from gridwms.market import Snapshot
from gridwms.match import Matching, choose, room_of


def main(jobs: int, classes: int, size: int) -> None:
    rng = random.Random(size)
    snapshot = Snapshot(1, 0.0, tuple(resource(number, rng) for number in range(size)))
    _ = snapshot.columns
    ads = [parse_ad(JDL.replace("2000", str(20 * number)), jdl=True) for number in range(classes)]
    room = room_of(snapshot)
    began = time.process_time()
    placed = 0
    for ad in ads:
        verdict = Matching(ad, ad["Requirements"], ad["Rank"]).on(snapshot)
        picks = choose(verdict.candidates, jobs // classes, room, rng)
        for index in picks:
            room.take(int(verdict.candidates.rows[index]), 1)
        placed += len(picks)
    tell("matching.classes", time.process_time() - began, "s", jobs)
    assert placed == jobs // classes * classes, placed


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], *["100000", "100", "10000"][len(sys.argv) - 1 :]]))
