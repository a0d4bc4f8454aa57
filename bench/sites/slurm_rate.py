"""Trivial jobs through Slurm: the service against one sbatch array of as many. Starts a cluster of its own (root).

PYTHONPATH=src:. python bench/sites/slurm_rate.py [count]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.never_lost.rounds import Runner
from tests.services import slurm

PLAIN = '[Executable = "/bin/true";]'


def array(cluster: slurm.Slurm, count: int) -> float:
    """Seconds from sbatch to the end of the last task."""
    began = time.perf_counter()
    words = ["sbatch", "-p", "main", f"--array=0-{count - 1}", "-o", "/dev/null", "-e", "/dev/null", "--wrap", "true"]
    cluster.say(*words)
    while cluster.say("squeue", "-h"):
        time.sleep(0.5)
    return time.perf_counter() - began


def service(cluster: slurm.Slurm, count: int, folder: Path) -> float:
    """Seconds from submission to the last job that is DONE here."""
    config = folder / "gridwms.toml"
    config.write_text(f"""\
[sites.cluster]
kind = "slurm"
queues = ["main"]
poll_seconds = 1
environment = {{ SLURM_CONF = "{cluster.conf}" }}
""")
    runner = Runner(folder, "--config", str(config))
    runner.start()
    began = time.perf_counter()
    runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": PLAIN}] * count})
    while runner.call("GET", "/api/v1/jobs?limit=1&state=WAITING,READY,SCHEDULED,RUNNING")["jobs"]:
        time.sleep(0.5)
    seconds = time.perf_counter() - began
    bad = runner.call("GET", "/api/v1/jobs?limit=5&state=ABORTED,CANCELLED")["jobs"]
    runner.stop()
    if bad:
        raise SystemExit(f"not all jobs went well: {bad}")
    return seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    why = slurm.missing()
    if why:
        raise SystemExit(why)
    with slurm.running() as cluster, tempfile.TemporaryDirectory() as directory:
        alone = array(cluster, count)
        ours = service(cluster, count, Path(directory))
    for name, value in (("array", count / alone), ("service", count / ours)):
        print(json.dumps({"name": f"sites.slurm.{name}", "value": round(value, 1), "unit": "jobs/s", "n": count}))
    print(json.dumps({"name": "sites.slurm.ratio", "value": round(alone / ours, 2), "unit": "", "n": count}))


if __name__ == "__main__":
    main()
