"""Claim: one resource pulls from 1,000,000 waiting jobs in 1,000 classes in under 0.2 ms."""

from __future__ import annotations

import random

from market import report, resource, seconds

from gridwms.classad import parse_ad
from gridwms.classad.columns.pull import PullIndex

CLASSES, JOBS = 1_000, 1_000
HOSTS = ["cern.ch", "infn.it", "desy.de"]
chance = random.Random(3)
index = PullIndex()


def fill() -> None:
    for number in range(CLASSES):
        vo = chance.choice(["cms", "atlas", "lhcb"])
        job = parse_ad(
            f'[wall = {chance.choice([60, 720, 1440, 2880])}; Requirements = other.GlueCEStateStatus == "Production"'
            f" && other.GlueCEPolicyMaxWallClockTime >= wall"
            f' && Member("VO-{vo}-{chance.randint(1, 400)}", other.GlueHostApplicationSoftwareRunTimeEnvironment)'
            f' && RegExp(".*{chance.choice(HOSTS)}.*", other.GlueCEUniqueID)'
            f" && other.GlueHostMainMemoryRAMSize >= {number}; Rank = -other.GlueCEStateEstimatedResponseTime]"
        )
        kind = index.class_of(job)
        index.extend(kind, ((number * JOBS + j, chance.random()) for j in range(JOBS)))


report("fill the index", seconds(fill, 1), "s", CLASSES * JOBS)
new = [resource(chance, number) for number in range(300)]
report(
    "one pull, a resource never seen",
    seconds(lambda: [index.pull(ad) for ad in new], 1) / len(new) * 1e3,
    "ms",
    CLASSES * JOBS,
)
report(
    "one pull, a resource seen before",
    seconds(lambda: [index.pull(ad) for ad in new]) / len(new) * 1e3,
    "ms",
    CLASSES * JOBS,
)
