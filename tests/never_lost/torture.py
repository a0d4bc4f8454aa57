"""Jobs for a site elsewhere, while the service is killed and what it speaks by breaks."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.never_lost.rounds import Runner

_ENDED = {"DONE", "CLEARED", "ABORTED", "CANCELLED"}


def torture(
    runner: Runner, ran: Path, cut: Callable[[], None], *, jobs: int, rounds: int, seed: int, pace: float = 0.5
) -> list[str]:
    """Submit in lots, each followed by a blow; wait for the end; what is wrong, as sentences. `pace`: seconds a job."""
    rng = random.Random(seed)
    text = f'[Executable = "/bin/sh"; Arguments = "-c \'echo $GRIDWMS_JOB_ID >>{ran}\'"; ShallowRetryCount = 10;]'
    accepted: list[str] = []
    runner.start()
    for number in range(rounds):
        lot = jobs * (number + 1) // rounds - jobs * number // rounds
        answer = runner.call("POST", "/api/v1/jobs", {"jobs": [{"jdl": text}] * lot})
        accepted += [one["id"] for one in answer["jobs"]]
        time.sleep(rng.random())
        if rng.random() < 0.5:
            cut()
        else:
            runner.kill()
            runner.start()
    deadline = time.monotonic() + 60 + jobs * pace
    while not all(job["state"] in _ENDED for job in runner.all_jobs()) and time.monotonic() < deadline:
        time.sleep(0.5)
    states = {job["id"]: (job["state"], job["done_code"]) for job in runner.all_jobs()}
    runner.stop()
    lines = Counter(ran.read_text().split())
    wrong = [f"{job} ended as {states.get(job)}" for job in accepted if states.get(job) != ("DONE", "OK")]
    wrong += [f"{job} ran {lines[job]} times" for job in accepted if lines[job] != 1]
    assert len(accepted) == jobs
    return wrong
