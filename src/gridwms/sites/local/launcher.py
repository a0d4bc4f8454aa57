"""Starting a wrapper in a session of its own, so that it outlives the service, and once however often it is tried."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from functools import cache

from gridwms.sites.local.spawn import spawn

PRELUDE = """\
cd "${0%/*}" || exit 1
umask 077; unset OLDPWD
read -r gw_stat </proc/$$/stat
set -f -- ${gw_stat##*") "}
set -C
{ echo "$$ ${20} $GRIDWMS_BOOT_ID" >started; } 2>/dev/null || exit 0
set +fC --
exec </dev/null >log 2>&1
trap 'echo $? >"$GRIDWMS_EXIT"' EXIT
[ ! -e cancelled ] || exit 0
"""
"""What a script begins with here: the shell that runs it notes who it is (`started`, made exclusively) and, when it
comes to its end, how that was (`exit`). One that is killed is told by the service; if that was away, nobody knows."""

_DEFAULTED = [
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTERM, signal.SIGCHLD, signal.SIGXCPU,
    signal.SIGXFSZ, signal.SIGUSR1, signal.SIGUSR2,
]  # fmt: skip
"""Python ignores SIGPIPE, and services other signals; a payload must find them as usual."""

MARK = "GRIDWMS_LOCAL_PLACE"
"""An environment variable that every process of an attempt inherits; by it the last of them is found."""
_LINK = 9
"""The descriptor on which wrappers find their line; one figure is all that a shell takes."""


@cache
def boot_id() -> str:
    """Names this boot of the machine: a process id of another one means nothing."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123
        return file.read().strip()


def launch(shell: str, place: str, environment: Mapping[str, str], line: int | None) -> int:
    """Start the attempt in `place`; the process id of its shell, which leads a session. Raises OSError.

    `line`: a handle on which its wrapper may ask for the token.
    """
    own = {"SHELL": shell, MARK: place, "GRIDWMS_EXIT": f"{place}/exit", "GRIDWMS_BOOT_TIME": str(_boot_time())}
    own |= {"GRIDWMS_BOOT_ID": boot_id(), "GRIDWMS_SITE_DIR": f"{place}/{place.rpartition('/')[2]}"}
    if line is not None:
        own["GRIDWMS_LINK"] = "1"
    words = [shell, f"{place}/wrapper"]
    return spawn(shell, words, {**environment, **own}, {} if line is None else {_LINK: line}, _DEFAULTED)


_WRAPPER = {
    "GRIDWMS_FIRST_PAUSE": "200",  # milliseconds between calls while the service is away: it is near, and soon back
    "GRIDWMS_LAST_PAUSE": "5000",
    "GRIDWMS_WIPE": "1",
    "GRIDWMS_LEAVE_EVENTS": "1",
    "GRIDWMS_LEAVE_OUTPUTS": "1",
}
"""What this site tells the wrapper about itself (the frame `wrapper.sh` explains it)."""


def _boot_time() -> int:
    """When this machine was booted, by the clock as it stands now, in hundredths of a second since 1970."""
    return int((time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)) * 100)


def base_environment() -> dict[str, str]:
    """What wrappers get: enough to be a login of this user, and nothing of the service's own."""
    kept = {
        name: os.environ[name] for name in ("HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR") if name in os.environ
    }
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **_WRAPPER, **kept}
