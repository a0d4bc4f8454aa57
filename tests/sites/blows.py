"""`gridwms serve` with a real batch system, whose processes are killed while jobs run there.

Each payload writes lines "start|beat|end JOB ATTEMPT TIME" to a ledger outside, which shows what ran twice.
"""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.never_lost.rounds import Runner

_OVER = {"DONE", "CLEARED", "ABORTED", "CANCELLED"}
_BEAT = 2


@dataclass(frozen=True)
class Blow:
    """`strike` hits the site while payloads run, `mend` puts it right `after` seconds later. `lost`: whether payloads
    may be lost in their run, and are tried again; else each runs once. `seconds`: how long a payload takes."""

    name: str
    strike: Callable[[], object]
    mend: Callable[[], object] = lambda: None
    after: float = 0.0
    lost: bool = False
    seconds: int = 12


class Play:
    """One service. `site`: a section of its configuration, `name` that of the site; `ledger`: payloads may write there.
    `tend`: what an operator does all the time while it is mended."""

    def __init__(
        self, folder: Path, site: str, lrms: str, ledger: Path, tend: Callable[[], object] = lambda: None
    ) -> None:
        config = folder / "gridwms.toml"
        config.write_text(site)
        self._ledger, self._lrms, self._tend = ledger, lrms, tend
        ledger.touch()
        ledger.chmod(0o666)
        self.runner = Runner(folder, "--config", str(config))
        self.runner.start()

    def strike(self, blow: Blow, jobs: int) -> list[str]:
        """What is wrong afterwards, as sentences."""
        text = (
            f"i=0; say() {{ echo $1 $GRIDWMS_JOB_ID $GRIDWMS_ATTEMPT `date +%s` >>{self._ledger}; }}; say start; "
            f"while [ $i -lt {blow.seconds} ]; do sleep {_BEAT}; i=$((i+{_BEAT})); say beat; done; say end"
        )
        jdl = f"""[Executable = "/bin/sh"; Arguments = "-c '{text}'"; RetryCount = 3; ShallowRetryCount = 5;
            Requirements = other.GlueCEInfoLRMSType == "{self._lrms}";]"""
        answer = self.runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": jdl}] * jobs})
        mine = [one["id"] for one in answer["jobs"]]
        self.until(lambda: len(self._runs(mine)) >= min(jobs, 4), 120)
        blow.strike()
        time.sleep(blow.after)
        blow.mend()
        self.until(lambda: all(one["state"] in _OVER for one in self._jobs(mine)), 240 + 4 * blow.seconds)
        return [f"{blow.name}: {one}" for one in self._wrong(mine, blow)]

    def _jobs(self, mine: Collection[str]) -> list[dict[str, Any]]:
        wanted = set(mine)
        return [one for one in self.runner.all_jobs() if one["id"] in wanted]

    def until(self, what: Callable[[], bool], seconds: float) -> None:
        """Wait for it, and no longer than this."""
        deadline = time.monotonic() + seconds
        while not what() and time.monotonic() < deadline:
            self._tend()
            time.sleep(0.5)

    def _runs(self, mine: Collection[str]) -> dict[str, dict[str, list[tuple[int, str]]]]:
        """By job and attempt, the moments and words of its payload."""
        wanted = set(mine)
        found: dict[str, dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
        for line in self._ledger.read_text().splitlines():
            word, job, attempt, when = line.split()
            if job in wanted:
                found[job][attempt].append((int(when), word))
        return found

    def _wrong(self, mine: Collection[str], blow: Blow) -> list[str]:
        wrong = []
        runs = self._runs(mine)
        for job in self._jobs(mine):
            name, attempts = job["id"], runs[job["id"]]
            if (job["state"], job["done_code"]) != ("DONE", "OK"):
                wrong.append(f"{name} ended as {job['state']} {job['done_code']}: {job['reason']}")
            words = [word for lines in attempts.values() for _, word in lines]
            if words.count("end") != 1 or words.count("start") > (4 if blow.lost else 1):
                wrong.append(f"the payload of {name} began {words.count('start')} and ended {words.count('end')} times")
            spans = sorted((min(lines), max(lines)) for lines in attempts.values())
            if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
                wrong.append(f"the payload of {name} ran twice side by side: {spans}")
        return wrong


def below(root: int) -> list[int]:
    """All processes that descend from this one."""
    parents: dict[int, list[int]] = defaultdict(list)
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parents[int((place / "stat").read_text().rpartition(")")[2].split()[1])].append(int(place.name))
    found, todo = [], [root]
    while todo:
        found += parents[todo[-1]]
        todo += parents[todo.pop()]
    return found


def words_of(process: int) -> str:
    """Its command line."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def hit(processes: Collection[int], sign: signal.Signals = signal.SIGKILL) -> None:
    """KILL, unless another signal is wanted; there must be somebody to be hit."""
    assert processes
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, sign)
