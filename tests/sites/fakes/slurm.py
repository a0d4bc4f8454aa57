"""sbatch, squeue, sacct, scancel, sinfo and scontrol as far as a site uses them, with the texts of the real ones."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

from tests.sites.fakes.cluster import Answer, Batch, FakeCluster, Task, options

_STATES = {"queued": "PENDING", "running": "RUNNING"}


class FakeSlurm(FakeCluster):
    """`blind`: squeue shows nothing. `keeps`: seconds for which it shows the ended. `accounting`: there is sacct."""

    programs = ("sbatch", "squeue", "sacct", "scancel", "sinfo", "scontrol")

    def __init__(self, folder: Path, slots: int = 2) -> None:
        super().__init__(folder, slots)
        self.blind = False
        self.keeps = 300.0
        self.accounting = True
        self.most_array = 1001
        self.slurmd = 1700000000
        """When that of the node was started."""
        self.reason = "Resources"
        """Why what waits does."""

    def read(self, name: str, words: list[str], cwd: str) -> str:
        return (Path(cwd) / options(words)[""][0]).read_text() if name == "sbatch" else ""

    def sbatch(self, words: list[str], cwd: str, script: str) -> Answer:
        given = options(re.findall(r"^#SBATCH (\S+)", script, re.MULTILINE))
        cpus = int(given["ntasks"])
        if given["partition"] not in ("main", "short"):
            return 1, "", "sbatch: error: invalid partition specified: " + given["partition"] + "\n"
        if cpus > self.slots:
            text = "sbatch: error: Batch job submission failed: Requested node configuration is not available\n"
            return 1, "", "sbatch: error: CPU count per node can not be satisfied\n" + text
        last = int(given["array"].split("-")[1]) if "array" in given else 0
        if last >= self.most_array:
            return 1, "", "sbatch: error: Batch job submission failed: Invalid job array specification\n"
        batch = Batch(0, given["job-name"], cwd, script, given["partition"], cpus, "array" in given)
        return 0, f"{self.take(batch, list(range(last + 1)))}\n", ""

    def launch(self, batch: Batch, task: Task) -> tuple[list[str], str, dict[str, str]]:
        number = str(batch.number + task.index)
        found = {"SLURM_JOB_ID": number, "SLURM_SUBMIT_DIR": batch.folder}
        if batch.array:
            found |= {"SLURM_ARRAY_JOB_ID": str(batch.number), "SLURM_ARRAY_TASK_ID": str(task.index)}
        return ["/bin/sh", "-c", batch.script], batch.folder, found

    def squeue(self, words: list[str], cwd: str, script: str) -> Answer:
        given = options(words)
        shown = [
            (batch, task)
            for batch, task in self.all_tasks()
            if not self.blind and (task.state in _STATES or time.time() - task.end < self.keeps)
        ]
        if given.get("t", "").startswith("PD"):
            shown = [(batch, task) for batch, task in shown if task.state in _STATES]
        return 0, "".join(self._row(given["o"], batch, task) + "\n" for batch, task in shown), ""

    def _row(self, columns: str, batch: Batch, task: Task) -> str:
        values = {
            "F": batch.number,
            "K": task.index if batch.array else "N/A",
            "T": self._state(task),
            "S": int(task.start) or "N/A",
            "e": int(task.end) or "N/A",
            "r": self.reason if task.state == "queued" else "None",
            "N": "n1" if task.start else "",
            "j": batch.name,
            "P": batch.queue,
        }
        return re.sub(r"%(\w)", lambda found: str(values[found[1]]), columns)

    def _state(self, task: Task) -> str:
        if task.state == "done":
            return "COMPLETED" if task.code == 0 else "FAILED"
        return _STATES.get(task.state, task.state)

    def sacct(self, words: list[str], cwd: str, script: str) -> Answer:
        if not self.accounting:
            return 1, "", "Slurm accounting storage is disabled\n"
        given = options(words)
        wanted = set(given.get("j", "").split(","))
        names = set(given.get("name", "").split(","))
        lines = []
        for batch, task in self.all_tasks():
            job = f"{batch.number}_{task.index}" if batch.array else str(batch.number)
            if batch.name in names:
                lines.append(f"{batch.name}|{job}")
            elif str(batch.number) in wanted:
                state = self._state(task) + (" by 0" if task.state == "CANCELLED" else "")
                lines.append(
                    f"{job}|{state}|{int(task.start) or 'Unknown'}|{int(task.end) or 'Unknown'}|n1|{batch.name}"
                )
        return 0, "".join(line + "\n" for line in lines), ""

    def scancel(self, words: list[str], cwd: str, script: str) -> Answer:
        given, wrong = options(words), ""
        for word in given[""]:
            number, _, index = word.partition("_")
            batch = self.batches.get(int(number))
            if batch is None:
                wrong = f"scancel: error: Kill job error on job id {word}: Invalid job id specified\n"
                continue
            for task in (batch.tasks[int(one)] for one in (index or "0").strip("[]").split(",")):
                if "signal" not in given:
                    self.end(task, "CANCELLED")
                elif task.state == "running" and task.process is not None:
                    task.process.send_signal(signal.Signals[f"SIG{given['signal']}"])
        return int(bool(wrong)), "", wrong

    def sinfo(self, words: list[str], cwd: str, script: str) -> Answer:
        row = f"up|infinite|{self.busy}/{self.slots - self.busy}/0/{self.slots}|{self.slots}|2000|1\n"
        return 0, f"main|{row}short|{row}".replace("short|up|infinite", "short|up|1-00:05:00"), ""

    def scontrol(self, words: list[str], cwd: str, script: str) -> Answer:
        if words[0] == "-o":
            return 0, f"NodeName=n1 Arch=x86_64 SlurmdStartTime={self.slurmd} State=IDLE\n", ""
        return 0, "ClusterName             = fake\nSLURM_VERSION           = 22.05.8\n", ""
