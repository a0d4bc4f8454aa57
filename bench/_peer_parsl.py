"""Programs run by Parsl: argument how many; prints seconds. Runs in the environment of the peers."""

import sys
import tempfile
import time

import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider


@parsl.bash_app
def true() -> str:
    return "/bin/true"


if __name__ == "__main__":
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        provider = LocalProvider(init_blocks=1, max_blocks=1)
        executor = HighThroughputExecutor(
            max_workers_per_node=4, provider=provider, address="127.0.0.1", cores_per_worker=0.1
        )
        with parsl.load(Config(executors=[executor], run_dir=directory, usage_tracking=0)):
            for one in [true() for _ in range(8)]:
                one.result()
            began = time.perf_counter()
            for one in [true() for _ in range(count)]:
                one.result()
            print(time.perf_counter() - began)
