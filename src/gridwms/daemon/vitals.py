"""The load limiter of a service: its thresholds from the configuration, and what it measures."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gridwms.daemon.config import Load
from gridwms.flow import load
from gridwms.flow.load import LoadLimiter, Vitals
from gridwms.store import shares
from gridwms.store.database import Database, StoreUnavailable


def build_limiter(section: Load, database: Database, data: Path) -> LoadLimiter:
    """`data`: the directory on whose disk the service keeps everything."""
    limits = {
        load.LOAD_1: section.load1,
        load.LOAD_5: section.load5,
        load.LOAD_15: section.load15,
        load.MEMORY: section.memory_percent,
        load.SWAP: section.swap_percent,
        load.DISK: section.disk_percent,
        load.FILES: section.free_files,
        load.WRITES: section.writer_queue,
        load.WAITING: section.waiting_jobs,
    }

    def measure() -> Vitals:
        own: dict[str, float] = {load.WRITES: database.waiting_writes}
        if section.waiting_jobs:
            with suppress(StoreUnavailable):  # whoever submits is told so by the store
                own[load.WAITING] = database.read(lambda c: shares.waiting_in_all(c, 2 * section.waiting_jobs))
        return {**load.machine(data), **own}

    return LoadLimiter({name: limit for name, limit in limits.items() if limit}, measure)
