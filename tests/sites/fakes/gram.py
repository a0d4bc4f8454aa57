"""globusrun and globus-gass-server as far as a site uses them: a gatekeeper that stages with cp."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tests.sites.fakes.cluster import Answer, Batch, FakeCluster, Task

_STATES = {"queued": "PENDING", "running": "ACTIVE", "HELD": "FAILED"}
_FILE = re.compile(r'\("https://localhost:4444([^"]+)" \$\(SCRATCH_DIRECTORY\)/(\w+)\)')


class FakeGram(FakeCluster):
    """Jobs are known by a URL. When its last job has ended the job manager is gone, and says nothing of it."""

    programs = ("globusrun",)

    def __init__(self, folder: Path, slots: int = 2) -> None:
        super().__init__(folder, slots)
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        server = self.bin / "globus-gass-server"
        server.write_text("#!/bin/sh\necho https://localhost:4444\nexec sleep 100\n")
        server.chmod(0o755)

    def read(self, name: str, words: list[str], cwd: str) -> str:
        return (Path(cwd) / words[words.index("-f") + 1]).read_text() if "-f" in words else ""

    def globusrun(self, words: list[str], cwd: str, script: str) -> Answer:
        if "-a" in words:
            return 0, "\nGRAM Authentication test successful\n", ""
        if "-status" in words or "-k" in words:
            number = int(words[-1].split("/")[-2])
            task = self.batches[number].tasks[0]
            if "-k" in words:
                self.end(task, "HELD")
                return 0, "", ""
            if task.state not in _STATES:
                return 1, "", "GRAM: connection to the server failed (error code 12)\n"
            return 0, f"{_STATES[task.state]}\n", ""
        batch = Batch(0, "", cwd, script, "", array=False)
        number = self.take(batch, [0])
        said = "globus_gram_client_callback_allow successful\nGRAM Job submission successful\n"
        return 0, f"{said}https://localhost:5555/1737/{number}/\nGLOBUS_GRAM_PROTOCOL_JOB_STATE_PENDING\n", ""

    def launch(self, batch: Batch, task: Task) -> tuple[list[str], str, dict[str, str]]:
        place = Path(tempfile.mkdtemp(dir=self.scratch))
        task.place = str(place)
        for source, name in _FILE.findall(batch.script):
            if not Path(source).exists():
                task.state = "HELD"
                return ["/bin/false"], str(place), {}
            shutil.copy(source, place / name)
        return ["/bin/sh", "task"], str(place), {"HOME": str(self.scratch)}

    def ended(self, batch: Batch, task: Task) -> None:
        place = Path(task.place)
        if task.state == "done" and Path(batch.folder).is_dir():
            for name in ("s0", "l0", "e0", "o0", "x0"):
                if not (place / name).exists():
                    task.state = "HELD"
                    break
                shutil.copy(place / name, batch.folder)
        shutil.rmtree(place, ignore_errors=True)
