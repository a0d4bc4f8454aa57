"""Kills services again and again while jobs of all kinds pass: how many were lost, ran twice, or ended wrong.

Arguments: rounds (1), jobs a round (30), kills a round (10), seed (1). A round is one service (every fourth: two
instances on a PostgreSQL server, which dies now and then as well) that is killed with SIGKILL at random moments while
clients submit, started again each time, and audited at the end. Exit status 1 when anything was wrong. Twenty rounds
of ten kills are the two hundred of the promise.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.never_lost.rounds import run
from tests.services import postgresql


def main() -> None:
    rounds, jobs, kills, seed = (int(word) for word in [*sys.argv[1:], *["1", "30", "10", "1"][len(sys.argv) - 1 :]])
    began, counts = time.monotonic(), Counter[str]()
    with ExitStack() as stack:
        server = stack.enter_context(postgresql.running()) if rounds > 3 and postgresql.binaries() else None
        for number in range(rounds):
            with tempfile.TemporaryDirectory() as directory:
                several = server if number % 4 == 3 else None
                found = run(Path(directory), jobs=jobs, kills=kills, seed=seed + number, server=several)
            counts += Counter(
                kills=found.kills,
                passed=found.jobs,
                lost=len(found.lost),
                twice=len(found.twice),
                differing=len(found.differing),
                wrong=len(found.wrong),
            )
            for sentence in found.wrong:
                print(f"round {number}: {sentence}", file=sys.stderr, flush=True)
            print(f"round {number}: {found.jobs} jobs, {found.seconds:.0f} s", file=sys.stderr, flush=True)
    for name, value, unit in (
        ("wrong", counts["wrong"], "jobs"),
        ("lost", counts["lost"], "jobs"),
        ("twice", counts["twice"], "jobs"),
        ("rows that events do not make", counts["differing"], "rows"),
        ("kills", counts["kills"], "kills"),
        ("rounds", rounds, "rounds"),
        ("time", round(time.monotonic() - began), "s"),
    ):
        print(json.dumps({"name": f"never_lost.{name}", "value": value, "unit": unit, "n": counts["passed"]}))
    raise SystemExit(1 if counts["wrong"] else 0)


if __name__ == "__main__":
    main()
