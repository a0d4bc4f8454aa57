"""qsub, qstat, qdel and pbsnodes as far as a site uses them, of Torque and of PBS Professional."""

from __future__ import annotations

import os
import re
import signal
import textwrap
from contextlib import suppress
from pathlib import Path

from tests.sites.fakes.cluster import Answer, Batch, FakeCluster, Task

_STATES = {"queued": "Q", "running": "R"}
_VERSION = {True: "pbs_version = 22.05.11\n", False: "Version: 6.1.3\nCommit: 0\n"}


class FakePbs(FakeCluster):
    """`pro`: PBS Professional. It keeps a history; Torque forgets. `odd`: the letter of a state for what runs."""

    programs = ("qsub", "qstat", "qdel", "pbsnodes")

    def __init__(self, folder: Path, *, pro: bool, slots: int = 2) -> None:
        super().__init__(folder, slots)
        self.pro = pro
        self.odd = ""

    def read(self, name: str, words: list[str], cwd: str) -> str:
        return (Path(cwd) / words[-1]).read_text() if name == "qsub" else ""

    def qsub(self, words: list[str], cwd: str, script: str) -> Answer:
        given = re.findall(r"^#PBS (-\S+) ?(.*)$", script, re.MULTILINE)
        one = dict(given)
        if len(one["-N"]) > 15:
            return 1, "", "qsub: illegal -N value\n"
        if one["-q"] != "batch":
            return 170, "", "qsub: Unknown queue\n"
        wanted = " ".join(value for option, value in given if option == "-l")
        shape = re.search(r"select=(\d+):ncpus=(\d+)" if self.pro else r"nodes=(\d+):ppn=(\d+)", wanted)
        assert shape is not None
        if ("-J" if self.pro else "-t") in one:
            last = int(one["-J" if self.pro else "-t"].split("-")[1])
            assert last > 0
        elif "-J" in one or "-t" in one:
            return 2, "", "usage: qsub [-a date_time]...\n"
        else:
            last = -1
        batch = Batch(0, one["-N"], cwd, script, "batch", int(shape[1]) * int(shape[2]), last > 0)
        number = self.take(batch, list(range(max(0, last) + 1)))
        return 0, f"{number}[].head\n" if batch.array else f"{number}.head\n", ""

    def launch(self, batch: Batch, task: Task) -> tuple[list[str], str, dict[str, str]]:
        told = {"PBS_JOBID": self._id(batch, task), "PBS_O_WORKDIR": batch.folder}
        if batch.array:
            told["PBS_ARRAY_INDEX" if self.pro else "PBS_ARRAYID"] = str(task.index)
        return ["/bin/sh", "-c", batch.script], str(Path(batch.folder).parent), told

    def _id(self, batch: Batch, task: Task) -> str:
        return f"{batch.number}[{task.index}].head" if batch.array else f"{batch.number}.head"

    def qstat(self, words: list[str], cwd: str, script: str) -> Answer:
        if words == ["--version"]:
            return 0, _VERSION[self.pro] if self.pro else "", "" if self.pro else _VERSION[False]
        if "-x" in words and not self.pro:
            return 2, "", "qstat: invalid option -- 'x'\n"
        if "-Q" in words:
            counts = [task.state for _, task in self.all_tasks()]
            waiting, running = counts.count("queued"), counts.count("running")
            state = f"Transit:0 Queued:{waiting} Held:0 Waiting:0 Running:{running} Exiting:0"
            kind, limit = "    queue_type = Execution\n", "    resources_max.walltime = 48:00:00\n"
            text = f"{kind}    state_count = {state} \n{limit}    enabled = True\n    started = True\n"
            return 0, f"Queue: batch\n{text}\nQueue: feed\n    queue_type = Route\n    enabled = True\n\n", ""
        wanted = [word for word in words if not word.startswith("-")]
        rows = ""
        for batch, task in self.all_tasks():
            ended = task.state not in _STATES
            if ended and ("-x" not in words or (wanted and f"{batch.number}[].head" not in wanted)):
                continue
            rows += self._row(batch, task, "F" if ended else self.odd or _STATES[task.state])
        return 0, rows, ""

    def _row(self, batch: Batch, task: Task, letter: str) -> str:
        place = "    exec_host = n1/0\n" if task.start else ""
        code = f"    {'Exit_status' if self.pro else 'exit_status'} = {task.code}\n" if task.end else ""
        paths = textwrap.wrap("    Variable_List = " + "PBS_O_PATH=/a/b/c/d/e/f/g," * 8, 79, break_on_hyphens=False)
        return (
            f"Job Id: {self._id(batch, task)}\n    Job_Name = {batch.name}\n    Job_Owner = root@head\n"
            f"    job_state = {letter}\n    queue = batch\n{place}{code}" + "\n\t".join(paths) + "\n\n"
        )

    def qdel(self, words: list[str], cwd: str, script: str) -> Answer:
        said = ""
        for word in words:
            found = re.fullmatch(r"(\d+)(?:\[(\d+)\])?\.head", word)
            assert found is not None
            batch = self.batches.get(int(found[1]))
            task = batch.tasks.get(int(found[2] or 0)) if batch else None
            if task is None or task.end:
                said += f"qdel: Job has finished {word}\n" if self.pro else f"qdel: Unknown Job Id {word}\n"
            elif task.state == "running" and task.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(task.process.pid, signal.SIGTERM)
            else:
                self.end(task, "DELETED")
        return (35 if said else 0), "", said

    def pbsnodes(self, words: list[str], cwd: str, script: str) -> Answer:
        if self.pro:
            text = (
                "     state = free\n     resources_available.mem = 2097152kb\n"
                f"     resources_available.ncpus = {self.slots}\n"
                f"     resources_assigned.ncpus = {self.busy}\n     jobs = 101.head/0, 102.head/1\n"
            )
        else:
            jobs = f"     jobs = 0-{self.busy - 1}/101.head\n" if self.busy else ""
            status = "     status = rectime=1,physmem=2097152kb,ncpus=2\n"
            text = f"     state = free\n     np = {self.slots}\n{jobs}{status}"
        return 0, f"n1\n{text}\nn2\n     state = down,offline\n     np = 64\n\n", ""
