"""Scripts on another machine: one ssh connection that is kept open, and a session in it a script.

The host needs an account, sh, dd, tar and awk. A script and its words travel on standard input before the data, so
that they show in no process list there and the login shell of the account does not matter.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import IO

from gridwms.sites.contract import SiteUnavailable
from gridwms.sites.shell.contract import Said
from gridwms.sites.shell.local import finish, start

_TROUBLE = 255
"""ssh's own exit status for "no connection"; scripts of ours never end with it."""
_ADVICE = {
    "permission denied": "let the service's key in there (~/.ssh/authorized_keys), or name the right one in `config`",
    "host key verification failed": "log in once by hand, or put the key of the host into known_hosts",
    "could not resolve hostname": "correct `host`, or look at the name service of this machine",
    "connection refused": "look whether sshd runs there and listens at this port",
}
"""What to do about what ssh says."""
_CHATTER = ("warning:", "@@", "it is ", "someone ", "please contact", "add correct", "offending", "debug")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSettings:
    """`host`: as ssh knows it, an alias included. `config`: an ssh configuration file of one's own.

    `seconds`: how long a script may take; `connect_seconds`: to get a connection. `options`: more of ssh's -o options.
    """

    host: str
    config: str = ""
    seconds: float = 60.0
    connect_seconds: float = 20.0
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class SshShell:
    """The connection is made when it is first needed, and anew when it broke. It ends with the service in any case."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings
        self.where = f"the host {settings.host}"
        self.is_here = False
        # ssh's own limit for the path of a socket is 104 bytes: a data directory may be too deep for it
        self._folder = Path(tempfile.mkdtemp(prefix="gw-ssh-"))
        self._socket = self._folder / "s"
        self._master: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(
        self,
        script: str,
        words: Sequence[str] = (),
        *,
        stdin: bytes = b"",
        seconds: float | None = None,
        into: IO[bytes] | None = None,
    ) -> Said:
        """As the contract says. After a time-out the connection is dropped: it may be what hangs."""
        master = self._connect()
        text = "\n".join((*self._exports(), f"set -- {' '.join(map(quote, words))}", script)).encode()
        command = f"exec sh -c 'eval \"$(dd bs=1 count={len(text)} 2>/dev/null)\"' gridwms"
        process = start([*self._ssh(), "-o", "ControlMaster=no", "-T", self._settings.host, command], os.environ, into)
        limit = self._settings.seconds if seconds is None else seconds
        try:
            said = finish(process, text + stdin, limit, f"the commands on {self.where}")
        except SiteUnavailable:
            self._drop(master)
            raise
        if said.status == _TROUBLE:
            self._drop(master)
            raise SiteUnavailable(f"the ssh connection to {self.where} broke: {_last_words(said.err)}")
        return said

    def close(self) -> None:
        """End the connection; one that is just being made is not waited for."""
        held = self._lock.acquire(timeout=1)
        self._let_go()
        if held:
            self._lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _exports(self) -> list[str]:
        return [f"export {name}={quote(value)}" for name, value in self._settings.environment.items()]

    def _ssh(self) -> list[str]:
        settings = self._settings
        words = ["ssh", *(("-F", settings.config) if settings.config else ()), "-o", "BatchMode=yes"]
        for option in (
            f"ControlPath={self._socket}",
            f"ConnectTimeout={max(1, round(settings.connect_seconds))}",
            "ServerAliveInterval=10",
            "ServerAliveCountMax=3",
            "LogLevel=ERROR",
            "ForwardAgent=no",
            "ForwardX11=no",
            *settings.options,
        ):
            words += ["-o", option]
        return words

    def _connect(self) -> subprocess.Popen[bytes]:
        """The connection, made if there is none. Its far end waits for its input to end: it cannot outlive us."""
        with self._lock:
            if self._master is None or self._master.poll() is not None:
                self._let_go()
                self._master = self._made()
            return self._master

    def _made(self) -> subprocess.Popen[bytes]:
        options = ["-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-T", self._settings.host]
        errors = (self._folder / "errors").open("w+b")
        try:
            with errors:
                master = subprocess.Popen(  # noqa: S603 - the words are ours and the operator's
                    [*self._ssh(), *options, "echo gridwms-ready; exec cat >/dev/null"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                )
        except OSError as error:
            raise SiteUnavailable(f"cannot start ssh on this machine: {error.strerror}") from error
        if master.stdout is None or not self._is_ready(master.stdout):
            said = (self._folder / "errors").read_text("utf-8", "replace")
            self._end(master)
            raise SiteUnavailable(f"no ssh connection to {self.where}: {_last_words(said)}")
        return master

    def _is_ready(self, output: IO[bytes]) -> bool:
        """Whether the far end has spoken in time, whatever the login files of the account print before."""
        deadline = time.monotonic() + self._settings.connect_seconds
        heard, handle = b"", output.fileno()
        while b"gridwms-ready" not in heard:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                return False
            part = os.read(handle, 4096)
            if not part:
                return False
            heard = (heard + part)[-8192:]
        return True

    def _drop(self, broken: subprocess.Popen[bytes]) -> None:
        """Let go of the connection, unless another thread has made a new one since."""
        with self._lock:
            if broken is self._master:
                self._let_go()

    def _let_go(self) -> None:
        master, self._master = self._master, None
        if master is not None:
            self._end(master)

    def _end(self, master: subprocess.Popen[bytes]) -> None:
        master.kill()
        for pipe in (master.stdin, master.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        master.wait()
        self._socket.unlink(missing_ok=True)


def _last_words(said: str) -> str:
    """What ssh says is wrong, without its banners; it tells the cause last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if "REMOTE HOST IDENTIFICATION HAS CHANGED" in said:
        return "its host key is not the one that is known; if the change is right, correct the known_hosts file"
    telling = [line for line in lines if not line.lower().startswith(_CHATTER)]
    if not telling:
        return "it did not answer in time"
    advice = next((advice for sign, advice in _ADVICE.items() if sign in telling[-1].lower()), "")
    return f"{telling[-1].rstrip('.')}; {advice}" if advice else telling[-1]
