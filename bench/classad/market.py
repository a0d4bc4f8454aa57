"""An invented market of computing elements and typical EGEE jobs, for the scripts beside this one."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gridwms.classad import ClassAd, parse_ad, unparse

JOB = """[
    Executable = "/bin/sh"; Arguments = "run.sh 17 18"; StdOutput = "out"; StdError = "err";
    InputSandbox = {"run.sh", "gsiftp://se.example.org/data/input.tar"}; OutputSandbox = {"out", "err", "result.root"};
    VirtualOrganisation = "cms"; RetryCount = 3; ShallowRetryCount = 5; MyProxyServer = "myproxy.example.org";
    CpuNumber = 1;
    PerusalFileEnable = false; Environment = {"CMS_PATH=/opt/cms", "SCRAM_ARCH=slc5"}; JobType = "Normal"; wall = 1440;
    Requirements = other.GlueCEStateStatus == "Production" && other.GlueCEPolicyMaxWallClockTime >= wall
        && Member("VO-cms-17", other.GlueHostApplicationSoftwareRunTimeEnvironment)
        && RegExp(".*cern.ch.*", other.GlueCEUniqueID) && !RegExp("8443/cream-pbs", other.GlueCEUniqueID);
    Rank = -other.GlueCEStateEstimatedResponseTime
]"""


def resource(chance: random.Random, number: int) -> ClassAd:
    """60 attributes, about 100 tags."""
    host = chance.choice(["cern.ch", "infn.it", "in2p3.fr", "desy.de", "ral.ac.uk", "fzk.de"])
    batch = chance.choice(["pbs", "lsf", "slurm"])
    ad: dict[str, object] = {
        "GlueCEUniqueID": f"ce{number:06d}.{host}:8443/cream-{batch}-{chance.choice(['cms', 'atlas', 'long'])}",
        "GlueCEStateStatus": chance.choice(["Production", "Production", "Production", "Draining", "Closed"]),
        "GlueCEPolicyMaxWallClockTime": chance.choice([720, 1440, 2880, 4320]),
        "GlueCEStateFreeCPUs": chance.randint(0, 300),
        "GlueCEInfoTotalCPUs": chance.randint(1, 5000),
        "GlueCEStateEstimatedResponseTime": chance.randint(0, 100_000),
        "GlueHostMainMemoryRAMSize": chance.choice([1024, 2048, 4096, 8192]),
        "GlueHostApplicationSoftwareRunTimeEnvironment": [
            f"VO-{chance.choice(['cms', 'atlas', 'lhcb'])}-{chance.randint(1, 400)}" for _ in range(100)
        ],
    }
    for index in range(52):
        ad[f"GlueAttribute{index:02d}"] = chance.randint(0, 9) if index % 2 else f"value {chance.randint(0, 50)}"
    return ClassAd.from_values(ad)  # type: ignore[arg-type]


def resources(count: int, seed: int = 1) -> list[ClassAd]:
    chance = random.Random(seed)
    return [resource(chance, number) for number in range(count)]


def job() -> ClassAd:
    return parse_ad(JOB)


def report(name: str, value: float, unit: str, count: int) -> None:
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "n": count}), flush=True)


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median time of one run, in seconds of this process."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return sorted(taken)[len(taken) // 2]


def per_call(work: Callable[[], object], calls: int, times: int = 7) -> float:
    """The median time of one call among `calls`, in seconds of this process."""

    def loop() -> None:
        for _ in range(calls):
            work()

    return seconds(loop, times) / calls


__all__ = ["ClassAd", "job", "per_call", "report", "resource", "resources", "seconds", "unparse"]
