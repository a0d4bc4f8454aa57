"""HTCondor's way to say things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from shlex import quote

from gridwms.classad import ClassAd
from gridwms.sites.batch import CROWD, BatchSettings, Need, State
from gridwms.sites.batch.glue import Queue, queue_ad, section
from gridwms.sites.contract import Phase

QUEUE = "default"
"""A pool has no queues: it is one computing element of this name."""

_IDLE, _RUNNING, _REMOVED, _COMPLETED, _HELD, _TRANSFERRING, _SUSPENDED = "1", "2", "3", "4", "5", "6", "7"
_UNTIL_FETCHED = "JobStatus == 4 && (StageOutFinish =?= undefined || StageOutFinish == 0)"
_EVICTED = "(JobStatus == 1 && NumJobStarts > 0)"
_LOST = "HTCondor lost it on its worker node (its startd, starter or shadow died), or gave its place to another job"
_STARTED_ANEW = "HTCondor was started anew on its worker node (condor_startd), and the job ended with the one before"
_BY_SHADOW = (
    "+WantIOProxy = True",
    "on_exit_hold = ExitCode =?= 96",
    'on_exit_hold_reason = "the worker node has no condor_chirp, or may not set attributes of its job"',
)
"""For attempts on nodes without a network, which speak by the shadow (porter.sh)."""
_SPOOLING = "16"
"""HoldReasonCode of a job whose files are still on their way to the schedd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HTCondorDialect:
    """A batch is a cluster, an attempt a process of it. `schedd`: the name of one elsewhere; `pool`: its collector.
    `python`: an interpreter that has HTCondor's bindings, which then speak in the place of its commands."""

    schedd: str = ""
    pool: str = ""
    python: str = ""

    @property
    def kind(self) -> str:
        """As in ids of computing elements."""
        return "condor"

    @property
    def first(self) -> int:
        """Processes are numbered from 0."""
        return 0

    @property
    def functions(self) -> str:
        """The file htcondor.sh, and that of the way to speak to the schedd."""
        at = " ".join(f"{option} {name}" for option, name in (("-name", self.schedd), ("-pool", self.pool)) if name)
        program = str(Path(__file__).with_name("bindings.py"))
        told = {"schedd": self.schedd, "pool": self.pool, "at": at, "python": self.python, "program": program}
        return "\n".join(
            (
                _file("htcondor.sh"),
                _file("bindings.sh" if self.python else "commands.sh"),
                " ".join(f"gw_{name}={quote(value)}" for name, value in told.items()),
            )
        )

    def refuses(self, need: Need) -> str:
        """What takes several hosts, or whole ones."""
        if need.whole_nodes:
            return "HTCondor gives processors of a host, not whole hosts (WholeNodes)"
        if need.nodes > 1 or need.cpus > (need.smp_granularity or need.cpus):
            return "HTCondor runs a job on one host (HostNumber, SMPGranularity)"
        return ""

    def head(self, batch: str, need: Need, count: int, comment: str, settings: BatchSettings) -> str:
        """Lines of the submit file. One that was evicted is removed, not started again: retries are decided by us."""
        inputs = ["w$(Process)", *(["body"] if count > 1 else []), *([] if settings.network else ["t$(Process).in"])]
        ends = [_EVICTED]
        if need.wall_seconds is not None:
            ends.append(f"(JobStatus == 2 && time() - EnteredCurrentStatus > {need.wall_seconds})")
        lines = [
            "universe = vanilla",
            "executable = task",
            "arguments = $(Process) $(Cluster).$(Process)",
            "should_transfer_files = YES",
            "when_to_transfer_output = ON_EXIT",
            f"transfer_input_files = {','.join(inputs)}",
            f"batch_name = gw-{batch}",
            f'description = "{comment}"',
            f'+GridwmsBatch = "{batch}"',
            "notification = never",
            f"request_cpus = {need.cpus}",
            *([] if need.memory_mb is None else [f"request_memory = {need.memory_mb}"]),
            f"periodic_remove = {' || '.join(ends)}",
            *([f"leave_in_queue = {_UNTIL_FETCHED}"] if self.schedd else []),
            *([] if settings.network else _BY_SHADOW),
            *settings.options,
            f"queue {count}",
        ]
        script = [
            "gw_index=$1 gw_task=$2",
            f"gw_scratch={quote(settings.scratch)} gw_flat=1 gw_last_call=",
            *self._shared(need, count, settings),
            '[ -z "$gw_flat" ] || cd "${_CONDOR_SCRATCH_DIR:-.}" || exit 97',
            "",
        ]
        porter = "" if settings.network else _file("porter.sh")
        return "\n".join(("#!/bin/sh", *(f"#CONDOR {line}" for line in lines), *script)) + porter

    def _shared(self, need: Need, count: int, settings: BatchSettings) -> Sequence[str]:
        """For many short ones where worker nodes have our files (see gw_submission), which costs a question before."""
        if self.schedd or not settings.network or count < CROWD or need.cpus > 1 or not settings.share_seconds:
            return ()
        return (f"[ ! -e shared ] || gw_flat='' gw_share={int(100 * settings.share_seconds)} gw_count={count}",)

    def states(self, lines: Sequence[str]) -> dict[str, State]:
        """Lines of condor_q, or of condor_history, which has an exit signal below zero in the place of a reason."""
        found: dict[str, State] = {}
        for line in lines:
            words = line.split(None, 7)
            if len(words) >= 7 and words[0].isdigit() and words[1].isdigit():
                status, since, code, host, before = words[2:7]
                found[f"{words[0]}.{words[1]}"] = _state(status, since, code, host, before, "".join(words[7:]))
        return found

    def describe(self, lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
        """The pool as one computing element."""
        pool = Queue(name=QUEUE)
        machines = set()
        for words in map(str.split, section(lines, "slots")):
            if len(words) != 5 or not words[1].isdigit():
                continue
            state, cpus, width, memory, machine = words
            pool.slots += int(cpus)
            pool.free += int(cpus) if state == "Unclaimed" else 0
            pool.width = max(pool.width, int(width) if width.isdigit() else 0)
            pool.memory_mb = max(pool.memory_mb, int(memory) if memory.isdigit() else 0)
            machines.add(machine)
        pool.nodes = len(machines)
        for words in map(str.split, section(lines, "jobs")):
            count, status = int(words[0]), words[1]
            pool.waiting += count if status == _IDLE else 0
            pool.running += count if status in (_RUNNING, _TRANSFERRING, _SUSPENDED) else 0
        version = next((line.split()[1] for line in lines if line.startswith("$CondorVersion:")), "")
        return [queue_ad(pool, settings, self.kind, version)]


def _file(name: str) -> str:
    return resources.files("gridwms.sites.htcondor").joinpath(name).read_text("utf-8")


def _state(status: str, since: str, code: str, host: str, before: str, text: str) -> State:
    """`before`: the status before this one; of one in the queue what commands.sh says of its start."""
    time = float(since) if since.isdigit() else 0.0
    node = "" if host == "undefined" else host.rpartition("@")[2]
    text = "" if text.strip() == "undefined" else text.strip()
    if before == "lost":  # the shadow looks for it until the lease of the job ends: 40 minutes
        return State(phase=Phase.ENDED, node=node, text=_STARTED_ANEW)
    if status in (_RUNNING, _TRANSFERRING, _SUSPENDED):
        return State(phase=Phase.RUNNING, time=time, node=node)
    if status == _COMPLETED:
        killed = f"it was ended by signal {code[1:]}" if code.startswith("-") else ""
        return State(phase=Phase.ENDED, time=time, node=node, text=killed)
    if status == _REMOVED:
        return State(phase=Phase.ENDED, time=time, node=node, text=_removed(before, text))
    if status == _HELD and code != _SPOOLING:
        return State(phase=Phase.ENDED, time=time, node=node, text=f"HTCondor holds it: {text or 'no reason given'}")
    if status == _IDLE and before == _RUNNING:  # its periodic_remove will come to the same, a minute later
        return State(phase=Phase.ENDED, time=time, text=_LOST)
    return State(phase=Phase.QUEUED, time=time)


def _removed(before: str, text: str) -> str:
    """Why it was removed. By its own periodic_remove (see `head`) HTCondor tells no more than the expression."""
    if _EVICTED not in text:
        return f"HTCondor removed it: {text or 'no reason given'}"
    if before == _RUNNING:
        return "it ran longer than the time limit, and HTCondor removed it"
    return _LOST
