"""Many classes of jobs that share one rank: what a class costs until its first job has its place.

Each class has a bound of its own on memory and meets nearly all resources. Arguments: resources (1000 10000 100000).
"""

from __future__ import annotations

import random
import sys
import time

from bench._house import tell
from bench.match.matching import resource
from gridwms.classad import Binary, Literal, parse_ad, parse_expression
from gridwms.market import Snapshot
from gridwms.match import Matching, choose, room_of

_CLASSES = 200


def main(sizes: list[int]) -> None:
    for size in sizes:
        rng = random.Random(size)
        snapshot = Snapshot(1, 0.0, tuple(resource(number, rng) for number in range(size)))
        room = room_of(snapshot)
        rank = parse_expression("-other.GlueCEStateEstimatedResponseTime")
        for name, own in (("shared_rank", False), ("own_rank", True)):
            compiled = []
            for number in range(_CLASSES):
                wanted = parse_expression(f"other.GlueHostMainMemoryRAMSize > {number + 2 * _CLASSES * own}")
                preferred = Binary("+", rank, Literal(number)) if own else rank
                compiled.append(Matching(parse_ad("[]"), wanted, preferred))
            began = time.process_time()
            for matching in compiled:
                verdict = matching.on(snapshot)
                assert verdict.matching > size // 2
                assert len(choose(verdict.candidates, 1, room, rng)) == 1
            spent = (time.process_time() - began) / _CLASSES * 1000
            tell(f"first_match.{name}", spent, "ms", size)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000])
