"""Slurm's way to say things."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import resources
from shlex import quote

from gridwms.classad import ClassAd
from gridwms.sites.batch import BatchSettings, Need, State
from gridwms.sites.contract import Phase
from gridwms.sites.slurm.describe import describe

_HOPELESS = frozenset(
    ["PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit", "BadConstraints", "InvalidAccount"]
)
"""Reasons for which Slurm keeps a job waiting that no change of the load will start."""
_USUAL = frozenset(["None", "Priority", "Resources"])
"""What any job may wait for that will run."""
_RUNNING = frozenset(["RUNNING", "COMPLETING", "SUSPENDED", "STAGE_OUT", "SIGNALING", "STOPPED", "RESIZING"])
_ENDED = {
    "COMPLETED": "",
    "FAILED": "",
    "CANCELLED": "it was cancelled at the site",
    "TIMEOUT": "it ran longer than the time limit (Slurm: TIMEOUT)",
    "DEADLINE": "its deadline had come (Slurm: DEADLINE)",
    "OUT_OF_MEMORY": "it used more memory than it may (Slurm: OUT_OF_MEMORY)",
    "NODE_FAIL": "its worker node failed (Slurm: NODE_FAIL)",
    "BOOT_FAIL": "its worker node could not be booted (Slurm: BOOT_FAIL)",
    "PREEMPTED": "it had to make room for another job (Slurm: PREEMPTED)",
    "REVOKED": "another cluster of the federation took it (Slurm: REVOKED)",
    "LAUNCH_FAILED": "it could not be launched (Slurm: LAUNCH_FAILED)",
    "RECONFIG_FAIL": "its worker node could not be set up (Slurm: RECONFIG_FAIL)",
}
_LEFT = frozenset(["NODE_FAIL", "REVOKED", "LAUNCH_FAILED"])
"""Said by the controller without its node."""


class SlurmDialect:
    """Works with every version of the last ten years: no option is younger than arrays and --parsable."""

    kind = "slurm"
    first = 0

    @property
    def functions(self) -> str:
        """The file slurm.sh."""
        return resources.files("gridwms.sites.slurm").joinpath("slurm.sh").read_text("utf-8")

    def refuses(self, need: Need) -> str:
        """Nothing: each wish has an option."""
        return ""

    def head(self, batch: str, need: Need, count: int, comment: str, settings: BatchSettings) -> str:
        """The comment names the first tag. A task is never started again by Slurm: retries are decided by us."""
        options = [f"--job-name=gw-{batch}", f"--comment={quote(comment)}", f"--partition={need.queue}"]
        options += ["--output=/dev/null", "--error=/dev/null", "--no-requeue", *_room(need)]
        small = count > 1 and need.cpus == 1 and not need.nodes and not need.whole_nodes
        share = settings.share_seconds if small else 0.0
        if need.wall_seconds is not None:
            options.append(f"--time={max(1, math.ceil((need.wall_seconds + share) / 60))}")
        if settings.array > 1:
            options.append(f"--array=0-{count - 1}")
        lines = ["#!/bin/sh", *(f"#SBATCH {option}" for option in (*options, *settings.options))]
        lines += [
            "gw_index=${SLURM_ARRAY_TASK_ID:-0}",
            "gw_task=$SLURM_JOB_ID",
            '[ -z "${SLURM_ARRAY_JOB_ID-}" ] || gw_task=${SLURM_ARRAY_JOB_ID}_$gw_index',
            'cd "$SLURM_SUBMIT_DIR" || exit 97',
            f"gw_scratch={quote(settings.scratch)} gw_flat= gw_last_call=",
            *([f"gw_share={int(100 * share)} gw_count={count}"] if share else []),
            "",
        ]
        return "\n".join(lines)

    def states(self, lines: Sequence[str]) -> dict[str, State]:
        """Lines of squeue (eight columns) or sacct (six)."""
        found: dict[str, State] = {}
        for line in lines:
            words = line.split("|")
            if len(words) == 8:
                number, index, name, start, end, why, node, batch = words
                task = number if index == "N/A" else f"{number}_{index}"
            elif len(words) == 6:
                task, name, start, end, node, batch = words
                why = ""
            else:
                continue
            batch = batch.removeprefix("gw-")
            found[task] = _state(name.split()[0] if name else "", _time(start), _time(end), node, why, batch)
        return found

    def describe(self, lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
        """One ad a partition."""
        return describe(lines, settings)


def _room(need: Need) -> list[str]:
    """Processors and hosts, as gLite's helper for Slurm asks for them: a task a processor."""
    options = [f"--ntasks={need.cpus}"]
    if need.nodes:
        options.append(f"--nodes={need.nodes}")
    elif need.smp_granularity:
        options.append(
            "--nodes=1" if need.cpus <= need.smp_granularity else f"--ntasks-per-node={need.smp_granularity}"
        )
    if need.whole_nodes:
        options.append("--exclusive")
    if need.memory_mb is not None:  # a processor counts twice where cores with two threads are given whole
        each = need.memory_each if not need.hosts else -(-need.memory_mb // need.hosts)
        options.append(f"--mem={each}" if need.hosts else f"--mem-per-cpu={each}")
    return options


def _state(name: str, start: float, end: float, node: str, why: str, batch: str) -> State:
    name = name.rstrip("+")
    node = "" if node in ("None assigned", "(null)") else node
    if name in _ENDED:
        text = _ENDED[name]
        return State(phase=Phase.ENDED, time=end or start, node=node, text=text, left=name in _LEFT, batch=batch)
    if name in _RUNNING:
        return State(phase=Phase.RUNNING, time=start, node=node, batch=batch)
    if name == "PENDING" and why in _HOPELESS:
        return State(phase=Phase.GONE, text=f"Slurm will never start it ({why})", batch=batch)
    # Of a state that is not known only this is sure: Slurm still shows it, so it has not ended.
    return State(phase=Phase.QUEUED, text="" if why in _USUAL else why, batch=batch)


def _time(text: str) -> float:
    """Seconds since 1970, as SLURM_TIME_FORMAT makes Slurm write them; 0 for N/A, NONE, Unknown."""
    return float(text) if text.isdigit() else 0.0
