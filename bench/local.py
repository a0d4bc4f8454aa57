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
        began = time.perf_counter()
        runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": FILES if kind == "files" else PLAIN}] * count})
        accepted = time.perf_counter()
        while runner.call("GET", "/api/v1/jobs?limit=1&state=WAITING,READY,SCHEDULED,RUNNING")["jobs"]:
            time.sleep(0.2)
        ended = time.perf_counter()
        runner.stop()
    for name, value in (("accepted", count / (accepted - began)), ("done", count / (ended - began))):
        print(json.dumps({"name": f"local.{kind}.{name}", "value": round(value, 1), "unit": "jobs/s", "n": count}))


if __name__ == "__main__":
    main()
