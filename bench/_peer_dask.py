"""Programs run by Dask: argument how many; prints seconds. Runs in the environment of the peers."""

import subprocess
import sys
import time

from distributed import Client, LocalCluster


def true(_number: int) -> int:
    return subprocess.run(["/bin/true"], check=True).returncode


if __name__ == "__main__":
    count = int(sys.argv[1])
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster, Client(cluster) as client:
        client.gather(client.map(true, range(8), pure=False))
        began = time.perf_counter()
        client.gather(client.map(true, range(count), pure=False))
        print(time.perf_counter() - began)
