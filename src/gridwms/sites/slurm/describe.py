"""The partitions of a Slurm cluster as resource ads, in the words of GLUE 1.3."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.classad import ClassAd
from gridwms.sites.batch import BatchSettings
from gridwms.sites.batch.glue import Queue, queue_ad, section

_WAITING = ("PENDING", "CONFIGURING")


def describe(lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
    """One ad a partition that may be used."""
    config = dict(_pair(line) for line in section(lines, "config"))
    queues: dict[str, Queue] = {}
    for line in section(lines, "queues"):
        words = line.split("|")
        if len(words) == 7:
            _add_nodes(queues.setdefault(words[0], Queue(name=words[0])), words[1:])
    for line in section(lines, "jobs"):
        words = line.split("|")
        if len(words) == 3 and words[0] in queues:
            queue = queues[words[0]]
            if words[1] in _WAITING:
                queue.waiting += int(words[2])
            else:
                queue.running += int(words[2])
    version = config.get("SLURM_VERSION", "")
    usable = [queue for queue in queues.values() if not settings.queues or queue.name in settings.queues]
    return [queue_ad(queue, settings, "slurm", version) for queue in usable]


def _add_nodes(queue: Queue, words: Sequence[str]) -> None:
    """One line of sinfo: nodes of the partition that are alike."""
    available, limit, cpus, width, memory, nodes = words
    _allocated, idle, _other, total = (int(number) for number in cpus.split("/"))
    queue.open = available == "up"
    queue.free += idle
    queue.slots += total
    queue.nodes += int(nodes)
    queue.width = max(queue.width, int(width.rstrip("+")))
    queue.memory_mb = max(queue.memory_mb, int(memory.rstrip("+")))
    queue.wall_seconds = seconds_of(limit)


def seconds_of(limit: str) -> int | None:
    """Slurm's [days-]hours:minutes:seconds (minutes:seconds when short) as seconds; None: no limit."""
    days, _, rest = limit.rpartition("-")
    parts = rest.split(":")
    if not all(part.isdigit() for part in parts) or not 1 <= len(parts) <= 3:
        return None
    padded = [0] * (3 - len(parts)) + [int(part) for part in parts]
    return int(days or 0) * 86400 + padded[0] * 3600 + padded[1] * 60 + padded[2]


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()
