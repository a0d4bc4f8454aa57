"""How long matching takes: one class of jobs, new and known snapshots, 1,000 to 100,000 resources.

Arguments: resources, several numbers (1000 10000 100000).
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

from bench._house import tell
from gridwms.classad import ClassAd, parse_ad
from gridwms.describe.jdl import JdlDefaults, read_jdl
from gridwms.market import Resource, Snapshot
from gridwms.match import Matching, Verdict, choose, explain, match_class_key, matching_ad, room_of

JDL = """
Executable = "/bin/ls";
VirtualOrganisation = "atlas";
Requirements = other.GlueCEPolicyMaxCPUTime > 1440 && other.GlueCEPolicyMaxWallClockTime > 1440
  && other.GlueHostMainMemoryRAMSize >= 2000 && other.GlueHostArchitectureSMPSize >= 4
  && member("VO-atlas-software-17.2", other.GlueHostApplicationSoftwareRunTimeEnvironment)
  && regexp("(CentOS|Scientific)", other.GlueHostOperatingSystemName)
  && member("VO:atlas", other.GlueCEAccessControlBaseRule);
Rank = other.GlueCEStateFreeCPUs > 0 ? other.GlueCEStateFreeCPUs : -other.GlueCEStateWaitingJobs;
"""


def resource(number: int, rng: random.Random) -> Resource:
    """A computing element such as EGEE had them."""
    host = f"ce{number // 4:05d}.site{number // 20}.example.org"
    vos = rng.sample(["atlas", "cms", "lhcb", "alice", "biomed", "dteam", "ops"], rng.randint(1, 5))
    tags = [f"VO-{vo}-software-17.{release}" for vo in vos for release in rng.sample(range(20), 10)]
    free = rng.choice([0, 0, 0, rng.randint(1, 500)])
    ad = ClassAd.from_values(
        {
            "GlueCEUniqueID": f"{host}:8443/cream-pbs-queue{number % 4}",
            "GlueCEInfoHostName": host,
            "GlueCEStateStatus": rng.choice(["Production"] * 9 + ["Draining"]),
            "GlueCEStateFreeCPUs": free,
            "GlueCEStateFreeJobSlots": free,
            "GlueCEStateWaitingJobs": 0 if free else rng.randint(1, 2000),
            "GlueCEStateEstimatedResponseTime": rng.choice([0, rng.randint(60, 10**6), 2146660842]),
            "GlueCEInfoTotalCPUs": rng.randint(4, 5000),
            "GlueCEPolicyMaxCPUTime": rng.choice([720, 1440, 2880, 4320]),
            "GlueCEPolicyMaxWallClockTime": rng.choice([1440, 2880, 4320]),
            "GlueHostMainMemoryRAMSize": rng.choice([1024, 2048, 4096, 16384]),
            "GlueHostArchitectureSMPSize": rng.choice([2, 4, 8, 16]),
            "GlueHostOperatingSystemName": rng.choice(["ScientificSL", "CentOS", "Debian"]),
            "GlueHostApplicationSoftwareRunTimeEnvironment": tags,
            "GlueCEAccessControlBaseRule": [f"VO:{vo}" for vo in vos],
        }
    )
    return Resource(
        ce_id=f"{host}:8443/cream-pbs-queue{number % 4}",
        host=host,
        site="bench",
        source="bench",
        ad=ad,
    )


def milliseconds(work: Callable[[], object], times: int = 5) -> float:
    """The median."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main(sizes: list[int]) -> None:
    raw = JDL.encode()
    defaults = JdlDefaults()
    description = read_jdl(raw, defaults, now=0).description
    assert description is not None
    requirements, rank = description.requirements, description.rank
    ad = matching_ad(description.ad, requirements, rank)
    tell("matching.read_jdl", milliseconds(lambda: read_jdl(raw, defaults, now=0), 50), "ms", 1)
    key = milliseconds(lambda: match_class_key(matching_ad(description.ad, requirements, rank)), 50)
    tell("matching.class_of_a_job", key, "ms", 1)
    other = parse_ad(JDL.replace("2000", "3000"), jdl=True)
    for size in sizes:
        measure(size, ad, matching_ad(other, other["Requirements"], other["Rank"]))


def measure(size: int, ad: ClassAd, other: ClassAd) -> None:
    """Print the figures of a market of this size: a snapshot that is new, then known."""
    rng = random.Random(size)
    snapshot = Snapshot(1, 0.0, tuple(resource(number, rng) for number in range(size)))

    compiled = {id(job): Matching(job, job["Requirements"], job["Rank"]) for job in (ad, other)}

    def matched(job: ClassAd) -> Verdict:
        return compiled[id(job)].on(snapshot)

    cold, another = milliseconds(lambda: matched(ad), 1), milliseconds(lambda: matched(other), 1)
    verdict, room = matched(ad), room_of(snapshot)
    for name, value in (
        ("new_snapshot", cold),
        ("second_class", another),
        ("again", milliseconds(lambda: matched(ad))),
        ("choose_1", milliseconds(lambda: choose(verdict.candidates, 1, room, rng))),
        ("choose_10000", milliseconds(lambda: choose(verdict.candidates, 10_000, room, rng))),
        ("explain", milliseconds(lambda: explain(verdict))),
    ):
        tell(f"matching.{name}", value, "ms", size)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000])
