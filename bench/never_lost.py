"""Kills the service again and again while jobs pass through the local site: how many were lost, how many ran twice.

Arguments: rounds (1), jobs a round (200), kills a round (20), seed (1). Prints a line a round; exit status 1 when
anything was lost, ran twice, or differs between rows and events.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.never_lost.rounds import run


def main() -> None:
    rounds, jobs, kills, seed = (int(word) for word in [*sys.argv[1:], *["1", "200", "20", "1"][len(sys.argv) - 1 :]])
    wrong = 0
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            found = run(Path(directory), jobs=jobs, kills=kills, seed=seed + number)
        wrong += len(found.wrong)
        for sentence in found.wrong:
            print(sentence, file=sys.stderr)
        print(json.dumps({"name": "never_lost.wrong", "value": len(found.wrong), "unit": "jobs", "n": found.jobs}))
        print(json.dumps({"name": "never_lost.kills", "value": found.kills, "unit": "kills", "n": found.jobs}))
        print(json.dumps({"name": "never_lost.time", "value": round(found.seconds, 1), "unit": "s", "n": found.jobs}))
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
