"""Programs run by HyperQueue: argument how many; prints seconds. Runs in the environment of the peers."""

import sys
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig


def pass_through(client: object, count: int) -> None:
    job = Job()
    for _ in range(count):
        job.program(["/bin/true"], stdout=None, stderr=None)
    client.wait_for_jobs([client.submit(job)])  # type: ignore[attr-defined]


if __name__ == "__main__":
    with LocalCluster() as cluster:
        cluster.start_worker(WorkerConfig(cores=4))
        client = cluster.client()
        pass_through(client, 8)
        began = time.perf_counter()
        pass_through(client, int(sys.argv[1]))
        print(time.perf_counter() - began)
