"""HTCondor's commands as far as a site uses them, condor_chirp on its worker nodes among them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from tests.sites.fakes.cluster import Answer, Batch, FakeCluster, Task, options

_STATUS = {"queued": "1", "running": "2", "done": "4", "REMOVED": "3", "HELD": "5"}


def _held(task: Task) -> str:
    return "on_exit_hold_reason" if task.code == 96 else "Transfer input files failure"


class FakeHTCondor(FakeCluster):
    """Jobs run in a scratch directory each; their new files come home when they end by themselves. `hold`: see base.

    `shadow`: by task, the attributes that a job sets by condor_chirp and that others set for it. `chirps`: whether
    there is a condor_chirp on the worker nodes."""

    programs = (
        "condor_submit", "condor_q", "condor_qedit", "condor_history", "condor_rm", "condor_status", "condor_version",
        "condor_chirp", "condor_config_val",
    )  # fmt: skip

    def __init__(self, folder: Path, slots: int = 2) -> None:
        super().__init__(folder, slots)
        self.cut = False
        """The startd is out of reach, and jobs count as running until their lease ends."""
        self.startd = 1700000000
        """When it was started."""
        self.scratch = folder / "execute"
        self.scratch.mkdir()
        self.shadow: dict[tuple[int, int], dict[str, str]] = {}
        self.chirps = True
        self.domain = ""
        """The file system domain that worker nodes claim to have, when it is that of the submit host."""
        self.barred = False
        """Whether they have its files for all that not."""

    def read(self, name: str, words: list[str], cwd: str) -> str:
        return (Path(cwd) / words[-1]).read_text() if name == "condor_submit" else ""

    def condor_submit(self, words: list[str], cwd: str, script: str) -> Answer:
        given = dict(re.findall(r"^(\S+) = (.*)$", script, re.MULTILINE))
        count = int(re.findall(r"^queue (\d+)$", script, re.MULTILINE)[0])
        cpus = int(given["request_cpus"])
        batch = Batch(0, given["+GridwmsBatch"].strip('"'), cwd, "", given.get("transfer_input_files", ""), cpus)
        batch.script = (Path(cwd) / "task").read_text()
        number = self.take(batch, list(range(count)))
        return 0, f"{number}.0 - {number}.{count - 1}\n", ""

    def launch(self, batch: Batch, task: Task) -> tuple[list[str], str, dict[str, str]]:
        if not batch.queue:  # nothing is transferred: it runs where it was submitted
            if self.barred:
                task.state = "HELD"
                return ["/bin/false"], "/", {}
            words = ["/bin/sh", "task", str(task.index), f"{batch.number}.{task.index}"]
            return words, batch.folder, {"_CONDOR_SCRATCH_DIR": str(self.scratch)}
        place = Path(tempfile.mkdtemp(dir=self.scratch))
        wanted = ["task", *batch.queue.replace("$(Process)", str(task.index)).split(",")]
        task.place = str(place)
        for name in wanted:
            source = Path(batch.folder) / name
            if not source.exists():  # its input cannot be transferred
                task.state = "HELD"
                return ["/bin/false"], str(place), {}
            (shutil.copytree if source.is_dir() else shutil.copy)(source, place / name)
        words = ["/bin/sh", str(place / "task"), str(task.index), f"{batch.number}.{task.index}"]
        path = f"{self.bin}:{os.environ['PATH']}" if self.chirps else os.environ["PATH"]
        return words, str(place), {"_CONDOR_SCRATCH_DIR": str(place), "PATH": path}

    def ended(self, batch: Batch, task: Task) -> None:
        if not task.place:
            return
        place = Path(task.place)
        if task.state == "done" and Path(batch.folder).is_dir():
            for path in place.iterdir():
                if path.is_file() and path.name not in ("task", "tags", "body"):
                    shutil.copy(path, batch.folder)
        shutil.rmtree(place, ignore_errors=True)
        if task.state == "done" and task.code == 96:  # on_exit_hold
            task.state = "HELD"

    def start_again(self, task: Task) -> None:
        """As after a shadow that died: what runs is killed, and starts a second time."""
        self.end(task, "lost", force=True)
        assert task.process is not None
        task.process.wait()
        task.state = "queued"
        self.waiting.append(task)

    def condor_chirp(self, words: list[str], cwd: str, script: str) -> Answer:
        batch, task = next((batch, task) for batch, task in self.all_tasks() if task.place == cwd)
        ad = self.shadow.setdefault((batch.number, task.index), {})
        if words[0] == "set_job_attr":
            ad[words[1]] = words[2]
        elif words[0] == "get_job_attr":
            return 0, ad.get(words[1], "UNDEFINED") + "\n", ""
        else:
            source = Path(batch.folder) / words[1]
            if not source.exists():
                return 1, "", "chirp: couldn't getfile: No such file or directory\n"
            shutil.copy(source, Path(cwd) / words[2])
        return 0, "", ""

    def condor_qedit(self, words: list[str], cwd: str, script: str) -> Answer:
        text = words[words.index("-constraint") + 1]
        found = re.fullmatch(r'ClusterId == (\d+) && stringListMember\(string\(ProcId\), "([\d,]+)"\)', text)
        assert found and "-forward" in words
        tasks = self.batches[int(found[1])].tasks
        there = [index for index in map(int, found[2].split(",")) if tasks[index].state == "running"]
        for index in there:
            self.shadow[int(found[1]), index][words[-2]] = words[-1]
        return (0, "", "") if there else (1, "", "Queue transaction failed.  No attributes were set.\n")

    def _wishes(self) -> Answer:
        lines = []
        for batch, task in self.all_tasks():
            ad = self.shadow.get((batch.number, task.index), {})
            wish = ad.get("GridwmsWish", "").strip('"')
            if task.state == "running" and wish and wish.split()[2] not in ad["GridwmsAnswer"].strip('"').split():
                lines.append(f"{batch.name} {task.index} {wish}\n")
        return 0, "".join(lines), ""

    def _rows(self, words: list[str], states: tuple[str, ...]) -> list[tuple[Batch, Task]]:
        text = words[words.index("-constraint") + 1] if "-constraint" in words else ""
        name, cluster = re.search(r'GridwmsBatch == "(\w+)"', text), re.search(r"ClusterId == (\d+)", text)
        return [
            (batch, task)
            for batch, task in self.all_tasks()
            if task.state in states
            and (name is None or batch.name == name[1])
            and (cluster is None or batch.number == int(cluster[1]))
        ]

    def _show(self, words: list[str], rows: list[tuple[Batch, Task]]) -> Answer:
        columns = words[words.index("-af") + 1 :]
        lines = []
        for batch, task in rows:
            values = {
                "ClusterId": batch.number,
                "ProcId": task.index,
                "JobStatus": _STATUS[task.state],
                "EnteredCurrentStatus": int(task.end or task.start or time.time()),
                "HoldReasonCode": (13 if batch.queue else 14) if task.state == "HELD" else "undefined",
                "RemoteHost": "slot1@n1" if task.state == "running" else "undefined",
                "LastRemoteHost": "slot1@n1" if task.start else "undefined",
                "LastJobStatus": 2 if task.start else 1,
                "HoldReason": _held(task) if task.state == "HELD" else "undefined",
                "RemoveReason": "via condor_rm (by user grid1)" if task.state == "REMOVED" else "undefined",
            }
            begun = "cut" if self.cut and task.state == "running" else 2 if task.start else 1
            values |= {column: begun for column in columns if "JobDisconnectedDate" in column}
            lines.append(" ".join(str(values.get(column, 0)) for column in columns))
        return 0, "".join(f"{line}\n" for line in lines), ""

    def condor_q(self, words: list[str], cwd: str, script: str) -> Answer:
        if "GridwmsWish" in words:
            return self._wishes()
        return self._show(words, self._rows(words, ("queued", "running", "HELD")))

    def condor_history(self, words: list[str], cwd: str, script: str) -> Answer:
        return self._show(words, self._rows(words, ("done", "REMOVED")))

    def condor_rm(self, words: list[str], cwd: str, script: str) -> Answer:
        wrong = False
        for word in options(words)[""]:
            cluster, _, index = word.partition(".")
            batch = self.batches.get(int(cluster))
            if batch is None:
                wrong = True
            else:
                self.end(batch.tasks[int(index)], "REMOVED", force=True)
        return int(wrong), "", "Couldn't find/remove all jobs matching constraint\n" if wrong else ""

    def condor_status(self, words: list[str], cwd: str, script: str) -> Answer:
        if words[-1] == "UidDomain":
            return 0, f"{self.domain or 'n1'} users\n" * self.slots, ""
        if words[-1] == "DaemonStartTime":
            return 0, f"n1 {self.startd}\n" * self.slots, ""
        states = ["Claimed"] * self.busy + ["Unclaimed"] * (self.slots - self.busy)
        return 0, "".join(f"{state} 1 1 2000 n1\n" for state in states), ""

    def condor_config_val(self, words: list[str], cwd: str, script: str) -> Answer:
        return 0, {"FILESYSTEM_DOMAIN": "files\n", "UID_DOMAIN": "users\n"}[words[0]], ""

    def condor_version(self, words: list[str], cwd: str, script: str) -> Answer:
        return 0, "$CondorVersion: 23.9.6 2026-07-12 $\n", ""
