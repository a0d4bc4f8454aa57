"""Exactly once: the process that holds the local site is killed at random moments, again and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gridwms.sites.contract import Phase, Receipt
from gridwms.sites.local import LocalSettings, LocalSite

HOLDER = """
import json, sys
from pathlib import Path
from gridwms.sites.contract import Handover, Phase, Receipt
from gridwms.sites.local import LocalSettings, LocalSite

directory, traces, tags = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
site = LocalSite(LocalSettings(directory=directory, slots=4, lock_seconds=30))
print("open", flush=True)
for begin in range(0, len(tags), 5):
    some = tags[begin : begin + 5]
    site.submit([Handover(tag=t, ce="", script=f"echo {t} >>{traces}/all; sleep 0.0{len(t) % 7}\\n") for t in some])
    print("submitted", *some, flush=True)
sys.stdin.read()
"""
"""A service in little: takes the site over, submits everything (again), and waits to be killed."""


@pytest.mark.parametrize("seed", [1, *(pytest.param(number, marks=pytest.mark.long) for number in (2, 3, 4))])
def test_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    tags = [f"gw-{seed:04d}{number:018d}-1" for number in range(120)]
    directory, traces = tmp_path / "site", tmp_path / "traces"
    traces.mkdir()
    promised: set[str] = set()
    for _ in range(12):
        opened = dice.random() < 0.7  # else it may be killed while it takes over
        promised |= _hold_and_kill(directory, traces, tags, opened, dice.uniform(0.0, 0.25) + 0.3 * (not opened))
    site = LocalSite(LocalSettings(directory=directory, slots=4, lock_seconds=30))
    receipts = [Receipt(tag=tag, id=tag) for tag in sorted(promised)]
    try:
        assert None not in site.find([one.tag for one in receipts]).values()
        deadline = time.monotonic() + 60
        while any(one.phase is not Phase.ENDED for one in site.status(receipts)):
            assert time.monotonic() < deadline
            os.sched_yield()
        sightings = site.status(receipts)
        assert {one.exit_code for one in sightings} == {0}
    finally:
        site.close()
    lines = (traces / "all").read_text().split()
    assert len(lines) == len(set(lines))
    assert promised <= set(lines)
    assert len(promised) > 20


def _hold_and_kill(directory: Path, traces: Path, tags: list[str], opened: bool, seconds: float) -> set[str]:
    """Let a service hold the site for a while; the tags it has promised to run when it was killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory), str(traces), *tags],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    if opened:
        assert holder.stdout.readline() == b"open\n"
    moment = time.monotonic() + seconds
    while time.monotonic() < moment:  # no sleep: the moment is to be anywhere
        os.sched_yield()
    holder.send_signal(signal.SIGKILL)
    said = holder.stdout.read().decode().splitlines(keepends=True)
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    return {tag for line in said if line.endswith("\n") for tag in line.split()[1:]}  # after `submitted`
