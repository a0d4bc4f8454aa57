"""What an operator says about the local site."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """`directory` is the site's own, one service at a time.

    `grace_seconds`: between the polite end of an attempt and the force; the wrapper needs some of it to end its payload
    and send what there is. `environment` is added to the little that wrappers get; nothing of the service's own leaks
    to them.
    """

    name: str = "local"
    directory: Path
    slots: int = field(default_factory=_usable_cpus)
    grace_seconds: float = 30.0
    queue: str = "default"
    shell: str = "/bin/sh"
    environment: Mapping[str, str] = field(default_factory=dict)
    lock_seconds: float = 10.0
    """How long to wait for a service before us to let go of the directory."""
