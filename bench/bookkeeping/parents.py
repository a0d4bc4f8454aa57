"""A collection's state and histogram, child by child and counted anew. Argument: children (100000). Processor time."""

from __future__ import annotations

import json
import sys
import time

from gridwms.bookkeeping.collection import Children, counted, moved, parent_state
from gridwms.bookkeeping.states import DoneCode, JobType, StateCode

STATES = (
    (StateCode.SUBMITTED, None),
    (StateCode.WAITING, None),
    (StateCode.RUNNING, None),
    (StateCode.DONE, DoneCode.OK),
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    children = Children(count)
    began = time.process_time()
    for _ in range(count):
        before = None
        for after in STATES:
            children = moved(children, before, after)
            before = after
        parent_state(children, JobType.COLLECTION)
    steps = time.process_time() - began
    began = time.process_time()
    again = counted(count, [STATES[-1]] * count)
    whole = time.process_time() - began
    if again != children or parent_state(again, JobType.COLLECTION) is not StateCode.DONE:
        raise SystemExit("the incremental count is not exact")
    for name, value, unit, n in (
        ("child_moves", 4 * count / steps, "moves/s", 4 * count),
        ("count_all", whole * 1000, "ms", count),
    ):
        print(json.dumps({"name": f"bookkeeping.{name}", "value": round(value, 1), "unit": unit, "n": n}))


if __name__ == "__main__":
    main()
