"""Real /bin/true jobs through the local site: service, wrapper, events, and with `files` an output sandbox of two.

Arguments: jobs (500), slots (twice the processors), "plain" or "files" (plain).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.never_lost.rounds import Runner

PLAIN = '[Executable = "/bin/true";]'
FILES = '[Executable = "/bin/true"; StdOutput = "out"; StdError = "err"; OutputSandbox = {"out", "err"};]'


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    slots = int(sys.argv[2]) if len(sys.argv) > 2 else 2 * (os.cpu_count() or 1)
    kind = sys.argv[3] if len(sys.argv) > 3 else "plain"
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "gridwms.toml"
        config.write_text(f'[sites.local]\nkind = "local"\nslots = {slots}\n')
        runner = Runner(Path(directory), "--config", str(config))
        runner.start()
        own_before, children_before = processor_time(runner.process.pid)
        began = time.perf_counter()
        runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": FILES if kind == "files" else PLAIN}] * count})
        accepted = time.perf_counter()
        while runner.call("GET", "/api/v1/jobs?limit=1&state=WAITING,READY,SCHEDULED,RUNNING")["jobs"]:
            time.sleep(0.2)
        ended = time.perf_counter()
        own, children = processor_time(runner.process.pid)
        runner.stop()
    for name, value in (("accepted", count / (accepted - began)), ("done", count / (ended - began))):
        print(json.dumps({"name": f"local.{kind}.{name}", "value": round(value, 1), "unit": "jobs/s", "n": count}))
    for name, value in (("service", own - own_before), ("jobs", children - children_before)):
        print(
            json.dumps(
                {"name": f"local.{kind}.{name}", "value": round(value / count * 1000, 2), "unit": "ms/job", "n": count}
            )
        )


def processor_time(pid: int) -> tuple[float, float]:
    """Seconds of processor time of a process, and of its children that have ended (proc(5))."""
    words = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    user, system, child_user, child_system = (int(word) / os.sysconf("SC_CLK_TCK") for word in words[11:15])
    return user + system, child_user + child_system


if __name__ == "__main__":
    main()
