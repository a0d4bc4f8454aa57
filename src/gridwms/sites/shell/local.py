"""Scripts on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from gridwms.sites.contract import SiteUnavailable
from gridwms.sites.shell.contract import Said

_KEPT = ("HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "PATH")


class LocalShell:
    """Nothing of the service's own environment reaches the commands but what a login has, and `environment`."""

    where = "this machine"
    is_here = True

    def __init__(self, *, seconds: float = 60.0, environment: Mapping[str, str] | None = None) -> None:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **kept, **(environment or {})}
        self._seconds = seconds

    def run(
        self,
        script: str,
        words: Sequence[str] = (),
        *,
        stdin: bytes = b"",
        seconds: float | None = None,
        into: IO[bytes] | None = None,
    ) -> Said:
        """As the contract says; what does not end in time is killed with its children."""
        limit = self._seconds if seconds is None else seconds
        try:
            process = start(["/bin/sh", "-c", script, "gridwms", *words], self._environment, into)
        except OSError as error:
            raise SiteUnavailable(f"cannot start a shell on this machine: {error.strerror}") from error
        return finish(process, stdin, limit, f"the commands on {self.where}")

    def close(self) -> None:
        """Nothing is held."""


def start(
    words: Sequence[str], environment: Mapping[str, str], into: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """A process in a session of its own, so that all of it can be ended. Raises OSError."""
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - the words are ours
        list(words),
        stdin=pipe,
        stdout=pipe if into is None else into,
        stderr=pipe,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
    )


def finish(process: subprocess.Popen[bytes], stdin: bytes, seconds: float, what: str) -> Said:
    """Feed it, wait for its end. Raises SiteUnavailable when it takes longer than it may."""
    try:
        out, err = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # not until the end of its output: a connection that it shared may hold that open
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()
        said = " ".join((error.stderr or b"").decode("utf-8", "replace").split())
        raise SiteUnavailable(
            f"{what} did not end within {seconds:.0f} s" + (f": {said[-300:]}" if said else "")
        ) from error
    return Said(process.returncode, out or b"", err.decode("utf-8", "replace"))
