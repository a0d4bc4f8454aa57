"""The policy in force: what the files of rules say, looked at again when they change.

A file that cannot be used any more changes nothing: what it said before goes on to hold, and the log, `gridwms policy
show` and the state of the service say so until it is in order.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import structlog

from gridwms.rights.file import LARGEST, PolicyFile, Row, read_policy_file
from gridwms.rights.gacl import read_gacl_rules
from gridwms.rights.lb import read_lb_rules
from gridwms.rights.names import USE
from gridwms.rights.problems import BadRules, Finding
from gridwms.rights.rules import Rules
from gridwms.security.identity import Identity
from gridwms.security.mapping import Mapper

logger = structlog.get_logger(__name__)

DN_LISTS = Path("/etc/grid-security/dn-lists")
"""Where GridSite keeps the lists of DNs that have addresses: files named as their addresses, escaped."""
_LOOK = 1.0
"""Seconds between two looks."""


class Kind(StrEnum):
    """How a file of rules is written."""

    POLICY = "policy"
    GACL = "gacl"
    LB = "lb"


class Source(NamedTuple):
    """A file of rules. `needed`: it must be there when the service starts."""

    kind: Kind
    path: Path
    needed: bool = True


class LocksOut(Exception):
    """Whoever wants a change could not take it back."""


class Policies:
    """Any number of threads may use it. `rows`: who is who by the configuration; those of files come before them.
    `changed`: called when the rules have. Raises BadRules when it is made; later on it is said and logged."""

    def __init__(
        self,
        sources: Sequence[Source] = (),
        rows: Sequence[Row] = (),
        *,
        strict: bool = False,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sources = tuple(sources)
        self.changed = changed
        self._rows, self._strict, self._clock = tuple(rows), strict, clock
        self._lock, self._editing = threading.Lock(), threading.Lock()
        self._seen: set[Path] = set()
        self._lists: set[Path] = set()
        self.trouble = ""
        self._rules, self._mapper = self._load()
        self._stamp, self._looked = self._stamped(), clock()

    @property
    def rules(self) -> Rules:
        """Those in force."""
        self.look()
        return self._rules

    @property
    def mapper(self) -> Mapper:
        """Who is who."""
        self.look()
        return self._mapper

    @property
    def written(self) -> Path | None:
        """The file that can be changed by commands."""
        return next((one.path for one in self.sources if one.kind is Kind.POLICY), None)

    def look(self, *, now: bool = False) -> None:
        """Read what has changed; `now`: whenever the last look was."""
        if not self.sources or (not now and self._clock() < self._looked + _LOOK):
            return
        if not self._lock.acquire(blocking=now):
            return  # somebody else is reading them: until then the old ones hold
        try:
            if not self._read_anew():
                return
        finally:
            self._lock.release()
        self.changed()

    def _read_anew(self) -> bool:
        """Whether there were other files, and they could be used."""
        self._looked = self._clock()
        stamp = self._stamped()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self._rules, self._mapper = self._load()
        except BadRules as error:
            self.trouble = f"the rules cannot be used, those from before hold: {error}"
            logger.error("rules cannot be used, those from before hold", why=str(error))
            return False
        self._stamp = self._stamped()
        self.trouble = ""
        logger.info("rules were read", rules=len(self._rules.rules))
        return True

    def change(self, edit: Callable[[str], str], by: Identity) -> None:
        """Change the text of the file that commands change; the new one holds on return.

        Raises LocksOut, BadRules, OSError, and what `edit` raises.
        """
        path = self.written
        if path is None:
            raise BadRules([Finding(0, "no policy file is configured ([access] policy)")])
        with self._editing:
            try:
                before = path.read_text("utf-8")
            except FileNotFoundError:
                before = ""
            text = edit(before)
            made = Rules(read_policy_file(text, path.name).rules)
            if by.is_operator and not replace(by, verdict=made.of(by.caller)).is_operator:
                raise LocksOut(f"{by.subject} could not administer the service any more")
            self._write(path, text)
            self.look(now=True)

    def _write(self, path: Path, text: str) -> None:
        draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _load(self) -> tuple[Rules, Mapper]:
        self._lists = set()
        told: list[PolicyFile] = []
        for source in self.sources:
            text = self._read(source)
            if text is not None:
                told.append(self._told(source, text))
        named = [one.everyone for one in told if one.everyone is not None]
        gated = any(one.kind is Kind.GACL for one in self.sources)
        everyone = named[0] if named else frozenset() if gated else USE
        rules = Rules([rule for one in told for rule in one.rules], everyone)
        rows = [row for one in told for row in one.rows]
        return rules, Mapper((*rows, *self._rows), self._strict)

    def _told(self, source: Source, text: str) -> PolicyFile:
        name = source.path.name
        match source.kind:
            case Kind.POLICY:
                return read_policy_file(text, name)
            case Kind.GACL:
                return PolicyFile(rules=read_gacl_rules(text, name, self._list))
            case Kind.LB:
                return PolicyFile(rules=read_lb_rules(text, name))

    def _read(self, source: Source) -> str | None:
        path = source.path
        try:
            found = path.stat()
            if found.st_mode & stat.S_IWOTH:
                raise BadRules([Finding(0, "everybody on this machine could write it: chmod o-w")], path.name)
            if found.st_size > LARGEST:
                raise BadRules([Finding(0, f"it has more than {LARGEST} bytes")], path.name)
            text = path.read_text("utf-8")
        except FileNotFoundError as error:
            if not source.needed and path not in self._seen:
                return None
            raise BadRules([Finding(0, f"there is no file {path}")], path.name) from error
        except (OSError, UnicodeDecodeError) as error:
            raise BadRules([Finding(0, f"it cannot be read: {error}")], path.name) from error
        self._seen.add(path)
        return text

    def _list(self, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme in ("", "file"):
            path = Path(parts.path)
            if not path.is_absolute():
                raise ValueError("it is named by its whole path")
        else:
            path = DN_LISTS / quote(address, safe="")
        self._lists.add(path)
        return path.read_text("utf-8")

    def _stamped(self) -> tuple[object, ...]:
        """What changes with the files."""
        found: list[object] = []
        for path in (*(one.path for one in self.sources), *sorted(self._lists)):
            with suppress(OSError):
                at = path.stat()
                found.append((str(path), at.st_mtime_ns, at.st_size, at.st_ino, at.st_mode))
        return tuple(found)
