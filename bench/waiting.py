"""What waiting jobs cost: the rate of whole lives beside them, memory a job, and the restart of their service.

Arguments: how many wait, several numbers (1000 100000). The rate is that of 20,000 jobs at an invented site that holds
5,000 beside those that wait; as many are submitted as end. A restart is over when a job that comes last of all has had
its whole life.
"""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._house import NEVER, TRUE, done, multiply, service, tell, wait_done
from gridwms.daemon.build import build
from gridwms.daemon.config import Config
from gridwms.flow.submit import register
from gridwms.security import capability

PASS, HELD, LOT = 20_000, 5_000, 1_000


def main() -> None:
    if sys.argv[1:2] == ["in"]:
        inside(sys.argv[2], Path(sys.argv[3]))
        return
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 100_000]
    with tempfile.TemporaryDirectory() as directory:
        least = _measure("idle", Path(directory), 1)
        for size in sizes:
            rate = _measure("rate", Path(directory), size + HELD)
            tell("waiting.rate", rate["rate"], "jobs/s", size)
            tell("waiting.processor", rate["processor"], "ms/job", size)
            idle = _measure("idle", Path(directory), size)
            tell("waiting.restart", idle["restart"], "s", size)
            if size >= 100_000:  # fewer take less than what the memory varies by
                tell("waiting.memory", max(0, idle["bytes"] - least["bytes"]) / size, "bytes/job", size)


def _measure(what: str, directory: Path, size: int) -> dict[str, float]:
    """In a process of its own: its memory is measured, and its start."""
    data = directory / "data"
    data.mkdir(mode=0o700)
    world = build(Config(sites={}), data, "http://127.0.0.1:1", capability.load(data)).world
    register(world, "bench", "", [TRUE if what == "rate" else NEVER])
    world.database.close()
    multiply(data, size)
    began = time.time()
    ran = subprocess.run([sys.executable, __file__, "in", what, str(data)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    if "alive" in found:
        found["restart"] = found["alive"] - began
    shutil.rmtree(data)
    return found


def inside(what: str, data: Path) -> None:
    if what == "rate":
        with service(data, slots=HELD, held=HELD) as world:
            wait_done(world, LOT)
            before, began, used = done(world), time.perf_counter(), time.process_time()
            for lot in range(PASS // LOT):
                register(world, "bench", "", [TRUE] * LOT)
                wait_done(world, before + (lot + 1) * LOT)
            count = done(world) - before
            rate, used = count / (time.perf_counter() - began), time.process_time() - used
            print(json.dumps({"rate": rate, "processor": 1000 * used / count}))
        return
    with service(data, slots=10) as world:
        register(world, "bench", "", [TRUE])
        wait_done(world, 1)
        alive = time.time()
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        print(json.dumps({"alive": alive, "bytes": pages * 4096}))


if __name__ == "__main__":
    main()
