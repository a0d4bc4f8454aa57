"""Processes of this machine: who is who, and ending all that belong to an attempt."""

# /proc is read for every process of the machine.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import os
import signal
from contextlib import suppress

from gridwms.sites.local.launcher import MARK, boot_id
from gridwms.sites.local.place import Started


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none, or only its corpse."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if words[0] in "ZX" else int(words[19])


def is_alive(started: Started) -> bool:
    """Whether that very process runs, and not another that was given its number."""
    return started.boot == boot_id() and start_time(started.pid) == started.time


def terminate(started: Started) -> None:
    """Ask the wrapper to end: TERM to its process group. It ends its payload itself."""
    if is_alive(started):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(started.pid, signal.SIGTERM)


def kill_all(place: str) -> int:
    """Kill every process that carries the mark of this attempt, until none is left; how many there were."""
    mark = f"{MARK}={place}".encode()
    count = 0
    for _ in range(20):  # one that forks while we look is found in the next round
        found = [pid for pid in _own_processes() if _has(pid, mark)]
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        count += len(found)
        if not found:
            break
    return count


def _own_processes() -> list[int]:
    me = os.getpid()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != me]


def _has(pid: int, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark in file.read().split(b"\0")
    except OSError:
        return False
