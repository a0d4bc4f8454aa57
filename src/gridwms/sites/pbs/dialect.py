"""PBS's way to say things, of both its families."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import resources
from shlex import quote

from gridwms.classad import ClassAd
from gridwms.sites.batch import BatchSettings, Need, State
from gridwms.sites.batch.glue import Queue, queue_ad, section
from gridwms.sites.contract import Phase

_SIZES = {"b": 1 / 1048576, "kb": 1 / 1024, "mb": 1, "gb": 1024, "tb": 1048576}
_AWAY = ("down", "offline", "unknown", "unresolvable", "stale", "provisioning", "maintenance")


class PbsDialect:
    """Torque from 2.5, PBS Professional from 13 and OpenPBS. The head has the lines of both; the site takes its own."""

    kind = "pbs"
    first = 0

    @property
    def functions(self) -> str:
        """The file pbs.sh."""
        return resources.files("gridwms.sites.pbs").joinpath("pbs.sh").read_text("utf-8")

    def refuses(self, need: Need) -> str:
        """Nothing: each wish has an option."""
        return ""

    def head(self, batch: str, need: Need, count: int, comment: str, settings: BatchSettings) -> str:
        """An array of one is none: PBS Professional refuses that."""
        common = [f"-N gw-{batch}", f"-q {need.queue}", "-S /bin/sh", "-o /dev/null", "-j oe", "-r n"]
        if need.wall_seconds is not None:
            common.append(f"-l walltime={need.wall_seconds}")
        torque, pro = _room(need)
        if settings.array > 1 and count > 1:
            torque.append(f"-t 0-{count - 1}")
            pro.append(f"-J 0-{count - 1}")
        lines = ["#!/bin/sh", f"# {comment}", *(f"#PBS {option}" for option in (*common, *settings.options))]
        lines += [*(f"#TORQUE {option}" for option in torque), *(f"#PRO {option}" for option in pro)]
        lines += [
            "gw_index=${PBS_ARRAY_INDEX:-${PBS_ARRAYID:-0}}",
            "gw_task=$PBS_JOBID",
            'cd "$PBS_O_WORKDIR" || exit 97',
            f"gw_scratch={quote(settings.scratch)} gw_flat= gw_last_call=",
            "",
        ]
        return "\n".join(lines)

    def states(self, lines: Sequence[str]) -> dict[str, State]:
        """Lines "id|state|host|exit status|name|comment"."""
        found: dict[str, State] = {}
        for line in lines:
            words = line.split("|", 5)
            if len(words) == 6:
                task, letter, hosts, code, _name, comment = words
                found[task] = _state(letter, hosts, code, comment)
        return found

    def describe(self, lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
        """One ad a queue that runs jobs. PBS does not say which nodes are whose: each queue has all of them."""
        nodes = [words for line in section(lines, "nodes") if len(words := line.split("|")) == 4]
        version = " ".join(section(lines, "version")).rpartition(" ")[2]
        ads = []
        for name, values in _blocks(section(lines, "queues")):
            if values.get("queue_type", "Execution")[:1] != "E" or (settings.queues and name not in settings.queues):
                continue
            queue = Queue(name=name, open=values.get("enabled") == values.get("started") == "True")
            for state, total, used, memory in nodes:
                if not any(word in state for word in _AWAY):
                    queue.slots += int(total)
                    queue.free += max(0, int(total) - int(used)) if "excl" not in state else 0
                    queue.width = max(queue.width, int(total))
                    queue.memory_mb = max(queue.memory_mb, _megabytes(memory))
                    queue.nodes += 1
            counts = dict(re.findall(r"(\w+):(\d+)", values.get("state_count", "")))
            queue.running = sum(int(counts.get(state, 0)) for state in ("Running", "Exiting"))
            queue.waiting = sum(int(counts.get(state, 0)) for state in ("Queued", "Held", "Waiting", "Transit"))
            queue.wall_seconds = _seconds(values.get("resources_max.walltime", ""))
            ads.append(queue_ad(queue, settings, self.kind, version))
        return ads


def _room(need: Need) -> tuple[list[str], list[str]]:
    """Processors and hosts for Torque and for PBS Professional; without a wish for hosts they may lie anywhere."""
    hosts, each = need.cpus, 1
    if need.nodes:
        hosts, each = need.nodes, -(-need.cpus // need.nodes)
    elif need.smp_granularity:
        each = min(need.cpus, need.smp_granularity)
        hosts = -(-need.cpus // each)
    memory = "" if need.memory_each is None else f":mem={each * need.memory_each}mb"
    torque, pro = [f"-l nodes={hosts}:ppn={each}"], [f"-l select={hosts}:ncpus={each}:mpiprocs={each}{memory}"]
    if need.memory_mb is not None:
        torque.append(f"-l mem={need.memory_mb}mb")
    if need.nodes or need.smp_granularity or need.whole_nodes:
        place = "scatter" if need.nodes or need.smp_granularity else "free"
        pro.append(f"-l place={place}{':excl' if need.whole_nodes else ''}")
    if need.whole_nodes:
        torque.append("-n")
    return torque, pro


def _state(letter: str, hosts: str, code: str, comment: str) -> State:
    """R running, E exiting, S U suspended; C F X ended. Of an unknown letter only this is sure: it is there."""
    node = hosts.lstrip("(").partition("/")[0].partition(":")[0]
    if letter in ("R", "E", "S", "U"):
        return State(phase=Phase.RUNNING, node=node)
    if letter in ("C", "F", "X"):
        killed = f"PBS ended it with status {code}" if code not in ("", "0") else ""
        return State(phase=Phase.ENDED, node=node, text=f"{killed} ({comment})" if killed and comment else killed)
    return State(phase=Phase.QUEUED, text=comment)


def _blocks(lines: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """`qstat -Q -f`: "Queue: name", then "    key = value"."""
    found: list[tuple[str, dict[str, str]]] = []
    for line in lines:
        if line.startswith("Queue: "):
            found.append((line.removeprefix("Queue: ").strip(), {}))
        elif found and " = " in line:
            key, _, value = line.strip().partition(" = ")
            found[-1][1][key] = value
    return found


def _seconds(text: str) -> int | None:
    """[[hours:]minutes:]seconds; None: no limit."""
    total = 0
    for part in text.split(":"):
        if not part.isdigit():
            return None
        total = 60 * total + int(part)
    return total


def _megabytes(text: str) -> int:
    found = re.fullmatch(r"(\d+)([kmgt]?b)", text.lower())
    return int(int(found[1]) * _SIZES[found[2]]) if found else 0
