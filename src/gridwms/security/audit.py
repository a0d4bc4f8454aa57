"""The audit log: who wanted what, and what the policy said, as a line of JSON each in a file a day.

Only its owner can read it. A line that cannot be written stops nobody: it is told in the log of the service.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import structlog

from gridwms.security.identity import Identity
from gridwms.security.policy import LOOKS, Action, Decision, Object

logger = structlog.get_logger(__name__)


class Audited(StrEnum):
    """What is written down."""

    OFF = "off"
    CHANGES = "changes"
    """Every refusal, and all that changes something."""
    ALL = "all"
    """Looking as well."""


class AuditLog:
    """Any number of threads may use it. `directory`: where the files `audit-20260131.jsonl` are."""

    def __init__(self, directory: Path, what: Audited, clock: Callable[[], float]) -> None:
        self._directory, self._what, self._clock = directory, what, clock
        self._lock = threading.Lock()
        self._name = ""
        self._file = -1

    def note(self, identity: Identity, action: Action, what: Object, decision: Decision) -> None:
        """Write a decision down, if it is one that is wanted."""
        if self._what is Audited.OFF or (self._what is Audited.CHANGES and decision.yes and action in LOOKS):
            return
        now = datetime.fromtimestamp(self._clock(), UTC)
        entry = {
            "time": now.isoformat(timespec="milliseconds"),
            "subject": identity.subject,
            "issuer": identity.issuer,
            "name": identity.known_as,
            "vo": identity.vo,
            "groups": identity.groups,
            "action": action.name.lower(),
            "object": {"kind": type(what).__name__, **_named(what)},
            "allowed": decision.yes,
            "reason": decision.reason,
        }
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        try:
            with self._lock:
                os.write(self._of_today(f"audit-{now:%Y%m%d}.jsonl"), line.encode())
        except OSError as error:
            logger.error("the audit log cannot be written", why=str(error))

    def _of_today(self, name: str) -> int:
        if name != self._name:
            if self._file >= 0:
                os.close(self._file)
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self._directory / name, flags, 0o600)
            self._name = name
        return self._file


def _named(what: Object) -> dict[str, str]:
    found = {name: getattr(what, name, "") for name in ("key", "owner", "tag")}
    return {name: value for name, value in found.items() if value}
