"""Grid Engine's way to say things."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from shlex import quote

from gridwms.classad import ClassAd
from gridwms.sites.batch import BatchSettings, Need, State
from gridwms.sites.batch.glue import Queue, queue_ad, section
from gridwms.sites.contract import Phase

_SURE = frozenset(["37", "100"])
"""Codes of `failed` that tell of a job whose processes have ended: by the time limit, by a signal (accounting(5))."""
_UNITS = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}


class GridEngineDialect:
    """Grid Engine 6.2 and its descendants. Tasks of arrays are numbered from 1."""

    kind = "sge"
    first = 1

    @property
    def functions(self) -> str:
        """The file gridengine.sh."""
        return resources.files("gridwms.sites.gridengine").joinpath("gridengine.sh").read_text("utf-8")

    def refuses(self, need: Need) -> str:
        """What only its administrator can say."""
        if need.nodes > 1 or need.cpus > (need.smp_granularity or need.cpus):
            return (
                "with Grid Engine the parallel environment says how many hosts a job has (HostNumber, SMPGranularity)"
            )
        return ""

    def head(self, batch: str, need: Need, count: int, comment: str, settings: BatchSettings) -> str:
        """Several processors need a parallel environment; Grid Engine warns by USR2 before it kills (-notify)."""
        options = [f"-N gw-{batch}", f"-q {need.queue}", "-S /bin/sh", "-cwd"]
        options += ["-o /dev/null", "-j y", "-r n", "-notify"]
        if need.cpus > 1:
            options.append(f"-pe {settings.parallel} {need.cpus}")
        if need.whole_nodes:
            options.append("-l exclusive=true")
        if need.wall_seconds is not None:
            options.append(f"-l h_rt={need.wall_seconds}")
        if need.memory_each is not None and settings.memory:
            options.append(f"-l {settings.memory}={need.memory_each}M")
        if settings.array > 1:
            options.append(f"-t 1-{count}")
        lines = ["#!/bin/sh", f"# {comment}", *(f"#$ {option}" for option in (*options, *settings.options))]
        lines += [
            "gw_index=1 gw_task=$JOB_ID gw_last_call=USR2",
            "if [ ${SGE_TASK_ID-undefined} != undefined ]; then",
            "  gw_index=$SGE_TASK_ID gw_task=$JOB_ID.$SGE_TASK_ID",
            "fi",
            'cd "$SGE_O_WORKDIR" || exit 97',
            f"gw_scratch={quote(settings.scratch)} gw_flat=",
            "",
        ]
        return "\n".join(lines)

    def states(self, lines: Sequence[str]) -> dict[str, State]:
        """Lines of qstat (five columns) or qacct (six)."""
        found: dict[str, State] = {}
        for line in lines:
            words = line.split("|")
            if len(words) not in (5, 6):
                continue
            task = f"{words[0]}.{words[1]}" if words[1] else words[0]
            if len(words) == 5:
                found[task] = _state(words[2], words[3].rpartition("@")[2], words[4].removeprefix("gw-"))
            else:
                failed = words[2].strip()
                text = "" if failed == "0" else f"Grid Engine says it failed ({failed})"
                left = bool(text) and failed.split()[0] not in _SURE
                found[task] = State(phase=Phase.ENDED, node=words[4], text=text, left=left)
        return found

    def describe(self, lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
        """One ad a cluster queue. What waits is told without a queue, and counts for each."""
        counts = {words[1]: int(words[0]) for line in section(lines, "jobs") if len(words := line.split()) == 2}
        version = " ".join(section(lines, "version"))
        shapes = _shapes(section(lines, "hosts"))
        ads = []
        for words in map(str.split, section(lines, "queues")):
            # CLUSTER QUEUE (name), CQLOAD, USED, RES, AVAIL, TOTAL, aoACDS, cdsuE
            if len(words) != 8 or not words[5].isdigit() or (settings.queues and words[0] not in settings.queues):
                continue
            queue = Queue(name=words[0], slots=int(words[5]), free=int(words[4]))
            queue.running, queue.waiting = counts.get(queue.name, 0), counts.get("-", 0)
            queue.open = int(words[5]) > int(words[7])
            queue.width, queue.memory_mb = shapes.get(queue.name, (0, 0))
            ads.append(queue_ad(queue, settings, self.kind, version))
        return ads


def _shapes(lines: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By queue the most slots and the most memory (MB) that one of its hosts has. Below a host come its queues."""
    found: dict[str, tuple[int, int]] = {}
    column = next((line.split().index("MEMTOT") for line in lines if "MEMTOT" in line.split()), -1)
    memory = 0
    for line in lines:
        words = line.split()
        if not line.startswith(" "):
            memory = _megabytes(words[column]) if 0 < column < len(words) else 0
        elif len(words) > 2 and (slots := words[2].rpartition("/")[2]).isdigit():
            width, most = found.get(words[0], (0, 0))
            found[words[0]] = (max(width, int(slots)), max(most, memory))
    return found


def _megabytes(text: str) -> int:
    """`23.6G` as qhost has it; 0: it is not told."""
    try:
        return int(float(text[:-1]) * _UNITS.get(text[-1:], 0))
    except ValueError:
        return 0


def _state(letters: str, host: str, batch: str) -> State:
    """Letters: q queued, w waiting, h held, E error; r running, t transferring, s S T suspended, d being deleted."""
    if "E" in letters:
        return State(
            phase=Phase.ENDED, node=host, text=f"Grid Engine could not start it (state {letters})", batch=batch
        )
    if any(letter in letters for letter in "rtsST") and "q" not in letters:
        return State(phase=Phase.RUNNING, node=host, batch=batch)
    return State(phase=Phase.QUEUED, text="it is held" if "h" in letters else "", batch=batch)
