"""qsub, qstat, qacct, qdel and qhost as far as a site uses them."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

from tests.sites.fakes.cluster import Answer, Batch, FakeCluster, Task

_STATES = {"queued": "qw", "running": "r", "ERROR": "Eqw"}
_JOB = """\
    <job_list state="{phase}">
      <JB_job_number>{number}</JB_job_number>
      <JB_name>{name}</JB_name>
      <JB_owner>root</JB_owner>
      <state>{state}</state>
      <queue_name>{queue}</queue_name>
      <slots>1</slots>
{task}    </job_list>
"""


class FakeGridEngine(FakeCluster):
    """A job that is deleted gets USR2, as -notify asks for, and is killed by nobody."""

    programs = ("qsub", "qstat", "qacct", "qdel", "qhost")

    def read(self, name: str, words: list[str], cwd: str) -> str:
        return (Path(cwd) / words[-1]).read_text() if name == "qsub" else ""

    def qsub(self, words: list[str], cwd: str, script: str) -> Answer:
        given = dict(re.findall(r"^#\$ (-\S+) ?(.*)$", script, re.MULTILINE))
        if given["-q"] != "all.q":
            return 1, "", f'Unable to run job: job rejected: no suitable queue "{given["-q"]}".\nExiting.\n'
        cpus = int(given["-pe"].split()[1]) if "-pe" in given else 1
        last = int(given["-t"].split("-")[1]) if "-t" in given else 1
        batch = Batch(0, given["-N"], cwd, script, "all.q", cpus, "-t" in given)
        number = self.take(batch, list(range(1, last + 1)))
        return 0, f"{number}.1-{last}:1\n" if batch.array else f"{number}\n", ""

    def launch(self, batch: Batch, task: Task) -> tuple[list[str], str, dict[str, str]]:
        index = str(task.index) if batch.array else "undefined"
        told = {"JOB_ID": str(batch.number), "SGE_TASK_ID": index, "SGE_O_WORKDIR": batch.folder}
        return ["/bin/sh", "-c", batch.script], batch.folder, told

    def qstat(self, words: list[str], cwd: str, script: str) -> Answer:
        if words == ["-help"]:
            return 0, "SGE 8.1.9\nusage: qstat [options]\n", ""
        if words == ["-g", "c"]:
            free = self.slots - self.busy
            row = f"all.q 0.01 {self.busy} 0 {free} {self.slots} 0 0"
            return 0, f"CLUSTER QUEUE CQLOAD USED RES AVAIL\n{'-' * 80}\n{row}\n", ""
        rows = "".join(
            _JOB.format(
                phase="running" if task.state == "running" else "pending",
                number=batch.number,
                name=batch.name,
                state=_STATES[task.state],
                queue="all.q@n1" if task.state == "running" else "",
                task=f"      <tasks>{task.index}</tasks>\n" if batch.array else "",
            )
            for batch, task in self.all_tasks()
            if task.state in _STATES
        )
        return 0, f"<?xml version='1.0'?>\n<job_info>\n{rows}</job_info>\n", ""

    def qhost(self, words: list[str], cwd: str, script: str) -> Answer:
        head = "HOSTNAME ARCH NCPU NSOC NCOR NTHR LOAD MEMTOT MEMUSE SWAPTO SWAPUS"
        hosts = f"global - - - - - - - - - -\nn1 lx-amd64 {self.slots} 1 2 2 0.01 23.6G 3.4G 0.0 0.0"
        return 0, f"{head}\n{'-' * 80}\n{hosts}\n   all.q BIP 0/0/{self.slots}\n", ""

    def qacct(self, words: list[str], cwd: str, script: str) -> Answer:
        wanted = words[-1]
        lines = [
            f"{'=' * 40}\nhostname     n1\njobnumber    {batch.number}\n"
            f"taskid       {task.index if batch.array else 'undefined'}\n"
            f"failed       {self._failed(task)}\nexit_status  {task.code}\n"
            for batch, task in self.all_tasks()
            if task.end and task.start and wanted in (str(batch.number), batch.name)
        ]
        return (0, "".join(lines), "") if lines else (1, "", f"error: job id {wanted} not found\n")

    def _failed(self, task: Task) -> str:
        return "100 : assumedly after job" if task.code and task.code < 0 else "0"

    def qdel(self, words: list[str], cwd: str, script: str) -> Answer:
        said, wrong = "", False
        for word in words:
            number, _, index = word.partition(".")
            batch = self.batches.get(int(number))
            task = batch.tasks.get(int(index or 1)) if batch else None
            if task is None or task.end:
                said, wrong = said + f'denied: job "{word}" does not exist\n', True
            elif task.state == "running" and task.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(task.process.pid, signal.SIGUSR2)
            else:
                self.end(task, "DELETED")
        return int(wrong), said, ""
