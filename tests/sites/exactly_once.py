"""Attempts handed over to a batch system while calls are cut off and the process that holds the site is killed, both at
any moment: each attempt that was promised runs once, and none runs that nobody knows of."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gridwms.sites.batch import BatchSettings, BatchSite, Dialect
from gridwms.sites.contract import Handover, Phase, Receipt, SiteUnavailable
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.shell import LocalShell
from gridwms.sites.slurm import SlurmDialect
from tests.services.account import AccountShell
from tests.sites.contract import tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """`folder`: open to the account of the jobs. `environment`: of the commands. `call`: seconds of a usual call.
    `chunk`: so many are handed over at once. `schedd` and `pool`: of HTCondor on another host, where files are spooled;
    `python`: by its bindings."""

    kind: str
    queue: str
    folder: str
    environment: dict[str, str]
    count: int
    kills: int
    seed: int
    call: float
    chunk: int = 10
    schedd: str = ""
    pool: str = ""
    python: str = ""

    @property
    def dialect(self) -> Dialect:
        if self.kind == "slurm":
            return SlurmDialect()
        return HTCondorDialect(schedd=self.schedd, pool=self.pool, python=self.python)

    def site(self, seconds: float) -> BatchSite:
        """The site, whose calls are cut off after so long."""
        shell: LocalShell = (
            AccountShell(seconds=seconds, environment=self.environment)
            if self.kind == "htcondor" and not self.schedd
            else LocalShell(seconds=seconds, environment=self.environment)
        )
        settings = BatchSettings(
            name="site",
            directory=f"{self.folder}/site",
            host="site.example",
            unseen_seconds=10,
            share_seconds=1,
        )
        return BatchSite(settings, self.dialect, shell)

    def handover(self, tag: str) -> Handover:
        ce = f"site.example:2119/jobmanager-{self.dialect.kind}-{self.queue}"
        said = "type=Finished&exit_code=0&real=0.00"  # they may share their tasks
        script = f"echo {tag} >>{self.folder}/ran\necho '{said}' >\"$GRIDWMS_SITE_DIR/events\"\n"
        return Handover(tag=tag, ce=ce, script=script)


def hold(play: Play, mine: list[str], seed: int) -> None:
    """A service in little, as `flow/deliver.py` does it: what is in doubt is asked about before it is sent again.

    Says "go", and each tag of which it has a receipt.
    """
    dice = random.Random(seed)
    print("go", flush=True)
    begin = 0
    while begin < len(mine):
        some, doubtful = mine[begin : begin + play.chunk], True
        while doubtful:
            site = play.site(dice.uniform(0.02, 2 * play.call))
            with suppress(SiteUnavailable):
                found = site.find(some)
                receipts = [one for one in found.values() if one]
                unsent = [tag for tag, one in found.items() if one is None]
                if unsent:
                    receipts += [
                        one for one in site.submit(list(map(play.handover, unsent))) if isinstance(one, Receipt)
                    ]
                doubtful = len(receipts) < len(some)
        print(*some, flush=True)
        begin += play.chunk


def run(play: Play) -> list[str]:
    """All of it; what went wrong, as sentences."""
    dice = random.Random(play.seed)
    mine, folder = tags(play.count), Path(play.folder)
    (folder / "ran").touch()
    (folder / "ran").chmod(0o666)
    promised: list[str] = []
    for number in range(play.kills + 1):
        left = [tag for tag in mine if tag not in set(promised)]
        if not left:
            break
        promised += _hold_and_kill(play, left, number, dice if number < play.kills else None)
    site = play.site(60.0)
    site.find(mine)
    receipts = [one for one in site.find(mine).values() if one]
    deadline = time.monotonic() + 30 + play.count
    while not _all_over(site, receipts):
        assert time.monotonic() < deadline, "they do not end"
        time.sleep(0.5)
    return _findings(play, mine, receipts, Counter((folder / "ran").read_text().split()))


def _all_over(site: BatchSite, receipts: list[Receipt]) -> bool:
    """Whether all have ended; False, too, where the site is too busy to say."""
    with suppress(SiteUnavailable):
        return all(one.phase in (Phase.ENDED, Phase.GONE) for one in site.status(receipts))
    return False


def _hold_and_kill(play: Play, left: list[str], number: int, dice: random.Random | None) -> list[str]:
    code = (
        "import json, sys; from tests.sites.exactly_once import *; a = json.load(sys.stdin); hold(Play(**a[0]), *a[1:])"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(json.dumps([asdict(play), left, 1000 * play.seed + number]))
    holder.stdin.close()
    assert holder.stdout.readline() == "go\n"
    if dice is not None:
        with suppress(subprocess.TimeoutExpired):
            holder.wait(dice.uniform(0.0, 6 * play.call))
        holder.send_signal(signal.SIGKILL)
    told = [tag for line in holder.stdout if line.endswith("\n") for tag in line.split()]
    holder.wait()
    holder.stdout.close()
    return told


def _findings(play: Play, mine: list[str], receipts: list[Receipt], ran: Counter[str]) -> list[str]:
    known = {one.tag for one in receipts}
    wrong = [f"{tag} ran {times} times" for tag, times in ran.items() if times > 1]
    wrong += [f"{tag} was promised and did not run" for tag in mine if tag in known and not ran[tag]]
    wrong += [f"{tag} has no receipt" for tag in mine if tag not in known]
    wrong += [f"{tag} ran and the site was not to have it" for tag in ran if tag not in known]
    return wrong
