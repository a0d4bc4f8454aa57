"""How a job of A-REX ended, in words: what its own exit status, A-REX and the batch system below it say."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable

from gridwms.sites.arc.activity import Activity

LEFT_EVENTS = 99
"""task.sh: the wrapper ended well, and left events."""
BROKEN = {
    97: "A-REX started it a second time, or could not write to its session (is the disk full there?)",
    98: "its worker node could not unpack the wrapper: the disk of the session is full, or there is no base64 or gzip",
}
_STATUS_ALONE = re.compile(r"LRMS error: \(-?\d+\) Job finished with wrong exit code - -?\d+ != -?\d+")
"""What A-REX's scripts say of any status that is not 0."""
_MOST = 1000


def why(state: str, activity: Activity, diagnose: Callable[[], str]) -> str:
    """Why it did not end by itself; empty when it did. `diagnose`: what A-REX has written down about its failure."""
    code = activity.exit_code
    if code in BROKEN:
        return BROKEN[code]
    if code is not None and 0 <= code <= LEFT_EVENTS:
        return ""
    if state == "FINISHED" and code is None:
        return ""
    said = _STATUS_ALONE.sub("", activity.errors).strip("; ")
    if code is not None and code > 128 and not said:
        return f"its wrapper was killed there by {_name(code - 128)}"
    return " ".join((said or diagnose()).split())[:_MOST] or "it failed, and A-REX does not say why"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
