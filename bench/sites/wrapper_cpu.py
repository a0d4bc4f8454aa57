"""What a wrapper costs beyond its payload: one input, two small outputs, under 25 ms of processor time.

PYTHONPATH=src:. python bench/sites/wrapper_cpu.py [count] [shell]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.wrapper.service import Attempt, Service

from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task

SCRIPT = b"#!/bin/sh\necho out\necho err >&2\n"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    shell = sys.argv[2] if len(sys.argv) > 2 else "/bin/sh"
    home = Path(tempfile.mkdtemp())
    os.chdir(home)
    with Service() as service:
        before, began = os.times(), time.perf_counter()
        for number in range(count):
            tag = f"gw-{number:022d}-1"
            service.attempts[tag] = Attempt("c", inputs=[SCRIPT])
            task = Task(
                tag=tag,
                job_id=f"https://localhost/jobs/{number:022d}",
                attempt=1,
                service=service.url,
                capability="c",
                vo="dteam",
                executable="run",
                std_output="out",
                std_error="err",
                inputs=(Input(index=0, name="run"),),
                outputs=("out", "err"),
            )
            (home / "wrapper").write_text(render(task))
            pid = os.posix_spawn(
                shell, [shell, "wrapper"], {"PATH": "/usr/bin:/bin"},
                file_actions=[(os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)],
            )  # fmt: skip
            os.waitpid(pid, 0)
            assert service.attempts[tag].outputs == {b"out": b"out\n", b"err": b"err\n"}
        after, seconds = os.times(), time.perf_counter() - began
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"{count} wrappers: {cpu / count * 1000:.1f} ms of processor time, {seconds / count * 1000:.1f} ms each")
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
