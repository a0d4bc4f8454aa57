"""Asking an LDAP server for a whole tree: by OpenLDAP's own `ldapsearch`, which is quick, else by ldap3 in Python.

Measured on 53,000 entries (bench/market/bdii.py): 0.8 s for the search by `ldapsearch`, 15 s by ldap3.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gridwms.market.source import SourceError
from gridwms.market.sources.bdii.entry import Entry
from gridwms.market.sources.bdii.ldif import LdifReader, decoded

_CHUNK = 1 << 18
_CODES = {
    3: "its time limit was reached before the answer was whole",
    4: "its size limit was reached before the answer was whole",
    11: "its administrative limit was reached before the answer was whole",
    32: "there is no such base",
    52: "it is unavailable",
    255: "it cannot be reached",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What to ask. `seconds`: how long the whole answer may take."""

    url: str
    base: str
    filter: str
    seconds: float

    def trouble(self, why: str) -> SourceError:
        """A sentence about this search."""
        return SourceError(f"the index {self.url}, base '{self.base}': {why}")


class Asker:
    """Asks the same search round after round."""

    def __init__(self, search: Search, *, program: bool | None = None) -> None:
        """`program`: whether to use ldapsearch; None: if it is there."""
        self._search = search
        self._reader = LdifReader()
        self._program = shutil.which("ldapsearch") if program is not False else None

    def entries(self) -> Iterator[Entry]:
        """All entries that are found. Raises SourceError when the answer is not whole: what came before is void."""
        return self._by_program(self._program) if self._program else self._by_library()

    def _by_program(self, program: str) -> Iterator[Entry]:
        search = self._search
        command = [program, "-x", "-LLL", "-o", "ldif-wrap=no", "-o", f"nettimeout={math.ceil(search.seconds)}"]
        command += ["-H", search.url, "-b", search.base, search.filter]
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603 - the operator's own URL, base and filter, no shell
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env={"LDAPNOINIT": "1"}
            )
            late = threading.Event()

            def give_up() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(search.seconds, give_up)
            timer.start()
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            output = process.stdout
            try:
                yield from self._reader.round(iter(lambda: output.read(_CHUNK), b""))
                code = process.wait()
            finally:
                timer.cancel()
                process.kill()
                process.wait()
                with contextlib.suppress(OSError):
                    output.close()
            if late.is_set():
                raise search.trouble(f"no whole answer within {search.seconds:g} s")
            if code:
                said.seek(0)
                words = " ".join(said.read(2000).decode(errors="replace").split())
                raise search.trouble(
                    _CODES.get(code, f"the search failed with status {code}") + f" ({words})" * bool(words)
                )

    def _by_library(self) -> Iterator[Entry]:
        search = self._search
        try:
            import ldap3
            from ldap3.core.exceptions import LDAPException
        except ImportError:
            raise search.trouble(
                "neither the program ldapsearch nor the Python package ldap3 is installed; install one of them"
            ) from None
        try:
            server = ldap3.Server(search.url, connect_timeout=search.seconds, get_info=ldap3.NONE)
            patience = math.ceil(search.seconds)
            connection = ldap3.Connection(server, receive_timeout=patience, raise_exceptions=True, check_names=False)
            try:
                connection.bind()
                yield from self._found(connection, ldap3.ALL_ATTRIBUTES)
            finally:
                connection.unbind()
                if connection.socket is not None:
                    connection.socket.close()  # the library leaves it open when it could not connect
        except (LDAPException, OSError) as error:
            raise search.trouble(f"it does not answer as it should: {error}") from error

    def _found(self, connection: Any, everything: str) -> Iterator[Entry]:
        search = self._search
        names: dict[str, str] = {}
        for one in connection.extend.standard.paged_search(
            search.base, search.filter, attributes=everything, paged_size=1000, generator=True
        ):
            if one.get("type") == "searchResEntry":
                yield _entry(one, names)
        code = connection.result["result"]  # of a limit the library says nothing
        if code:
            raise search.trouble(_CODES.get(code, f"the search failed with status {code}"))


def _entry(found: dict[str, Any], names: dict[str, str]) -> Entry:
    texts = {}
    for spelling, raw in found["raw_attributes"].items():
        values = [text for value in raw if (text := decoded(value).strip())]
        if values:
            names.setdefault(spelling.lower(), spelling)
            texts[spelling.lower()] = values
    return Entry(found["dn"], texts, names)
