"""gridwms: one place to hand in work for many clusters, and to follow it until its results are home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridwms.describe.native.job import Job as Job
    from gridwms.describe.native.job import JobError as JobError
    from gridwms.describe.native.job import Jobs as Jobs

__version__ = "0.1.0"

_LAZY = dict.fromkeys(("Job", "Jobs", "JobError"), "gridwms.describe.native.job")
"""Names that are imported when they are first used: a command that does not need them does not wait for them."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'gridwms' has no attribute '{name}'")
