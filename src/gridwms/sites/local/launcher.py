"""Starting a wrapper in a session of its own, so that it outlives the service, and once however often it is tried."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping

LAUNCHER = """\
cd "$1" || exit 1
trap : HUP INT QUIT TERM XCPU USR1 USR2
umask 077; unset OLDPWD
read -r s </proc/$$/stat
set -f -- ${s##*") "}
read -r b </proc/sys/kernel/random/boot_id
set -C
{ echo "$$ ${20} $b" >started; } 2>/dev/null || exit 0
set +C
[ -e cancelled ] || "$SHELL" wrapper </dev/null >log 2>&1
echo $? >exit
"""
"""The only thing between the service and the wrapper. Without a process of its own it notes who runs (`started`, made
exclusively) and how that ended (`exit`). It survives the signals meant for the wrapper, to tell the end."""

_DEFAULTED = [
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTERM, signal.SIGCHLD, signal.SIGXCPU,
    signal.SIGXFSZ, signal.SIGUSR1, signal.SIGUSR2,
]  # fmt: skip
"""Python ignores SIGPIPE, and services other signals; a payload must find them as usual."""

MARK = "GRIDWMS_LOCAL_PLACE"
"""An environment variable that every process of an attempt inherits; by it the last of them is found."""


def launch(shell: str, place: str, environment: Mapping[str, str]) -> int:
    """Start the attempt in `place`; the process id of its launcher, which leads a session. Raises OSError."""
    return os.posix_spawn(
        shell,
        [shell, "-c", LAUNCHER, "gridwms-launcher", place],
        {**environment, "SHELL": shell, MARK: place, "GRIDWMS_BOOT_TIME": str(_boot_time())},
        setsid=True,
        setsigmask=[],
        setsigdef=_DEFAULTED,
    )


_PAUSES = {"GRIDWMS_FIRST_PAUSE": "200", "GRIDWMS_LAST_PAUSE": "5000"}
"""Milliseconds between a wrapper's calls while the service is away: it is on this machine, and soon back."""


def _boot_time() -> int:
    """When this machine was booted, by the clock as it stands now, in hundredths of a second since 1970."""
    return int((time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)) * 100)


def base_environment() -> dict[str, str]:
    """What wrappers get: enough to be a login of this user, and nothing of the service's own."""
    kept = {
        name: os.environ[name] for name in ("HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR") if name in os.environ
    }
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **_PAUSES, **kept}
