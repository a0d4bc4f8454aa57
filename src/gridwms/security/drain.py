"""gLite's `.drain`: while this file is there no new work is taken, but from those whom a GACL in it permits `exec`."""

from __future__ import annotations

import threading
from pathlib import Path

import structlog

from gridwms.rights.gacl import read_gacl_rules
from gridwms.rights.names import Right
from gridwms.rights.problems import BadRules
from gridwms.rights.rules import Rules
from gridwms.security.identity import Identity

logger = structlog.get_logger(__name__)
_NOBODY = Rules(everyone=frozenset())


class Drain:
    """Any number of threads may ask. `path` None: never drained."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._rules = _NOBODY

    @property
    def on(self) -> bool:
        """Whether new work is refused, at the wish of the operators."""
        return self._path is not None and self._path.exists()

    def stops(self, identity: Identity) -> bool:
        """Whether somebody's new work is refused. What cannot be read permits nobody."""
        if self._path is None or not self._path.exists():
            return False
        verdict = self._read(self._path).of(identity.caller)
        return verdict.denial(Right.SUBMIT) is not None or verdict.grant(Right.SUBMIT) is None

    def _read(self, path: Path) -> Rules:
        with self._lock:
            try:
                found = path.stat()
                stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
                if stamp != self._stamp:
                    self._stamp, self._rules = stamp, _NOBODY
                    text = path.read_bytes()
                    if text.strip():
                        self._rules = Rules(read_gacl_rules(text, path.name), frozenset())
            except (OSError, BadRules) as error:
                logger.error("the drain file cannot be read, nobody may submit", path=str(path), why=str(error))
            return self._rules
