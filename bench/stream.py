"""The event stream to many listeners: events a second told to all, CPU for each, reads of the log, a slow one beside.

Arguments: listeners (100), events (5000). The real service in a process of its own and real connections; the jobs are
registered and cancelled, so that nothing but events is made. `cpu` is of the service alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from gridwms.client.find import Address, find

TICKS = os.sysconf("SC_CLK_TCK")


def emit(name: str, value: float, unit: str, n: int) -> None:
    print(json.dumps({"name": f"stream.{name}", "value": round(value, 3), "unit": unit, "n": n}))


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> float:
    """MiB that a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def listen(http: httpx.AsyncClient, ready: asyncio.Barrier, events: int) -> int:
    """Count events until all have come."""
    heard, last = 0, b""
    async with http.stream("GET", "/api/v1/events") as answer:
        parts = answer.aiter_bytes()
        await anext(parts)
        await ready.wait()
        async for part in parts:
            last += part
            heard += last.count(b"event: job\n")
            last = last[last.rfind(b"\n") + 1 :]
            if heard >= events:
                break
    return heard


def deaf(address: Address) -> socket.socket:
    """A listener that asks and then never reads."""
    host, _, port = address.url.removeprefix("http://").partition(":")
    line = socket.create_connection((host, int(port)))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {address.token}\r\n\r\n".encode())
    return line


async def measure(address: Address, pid: int, listeners: int, events: int) -> tuple[float, float]:
    """Seconds and CPU seconds until everybody has heard everything."""
    jobs = events // 2
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {address.token}"}
    async with httpx.AsyncClient(base_url=address.url, headers=headers, limits=limits, timeout=120) as http:
        ready = asyncio.Barrier(listeners + 1)
        tasks = [asyncio.create_task(listen(http, ready, events)) for _ in range(listeners)]
        await ready.wait()
        began, used = time.perf_counter(), cpu(pid)
        text = {"jdl": '[Executable = "/bin/true"; Requirements = false;]'}
        for first in range(0, jobs, 100):
            await http.post("/api/v1/jobs", json={"jobs": [text] * min(100, jobs - first)})
        await asyncio.gather(*tasks)
        return time.perf_counter() - began, cpu(pid) - used


def main() -> None:
    listeners = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "gridwms", "serve", "--port", "0", "--data", place]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
            try:
                while not (Path(place) / "service.json").exists():
                    time.sleep(0.05)
                address = find(environment={"GRIDWMS_DATA": place})
                alone = asyncio.run(measure(address, service.pid, 1, events))
                before = memory(service.pid)
                lines = [deaf(address) for _ in range(listeners)]
                together = asyncio.run(measure(address, service.pid, listeners, events))
                emit("events_to_one", events / alone[0], "events/s", events)
                emit("events_to_all", events / together[0], "events/s", listeners)
                emit("messages", events * listeners / together[0], "messages/s", listeners)
                emit("cpu_of_one", alone[1] / events * 1e6, "us/event", events)
                emit("cpu_of_all", together[1] / events * 1e6, "us/event", listeners)
                share = (together[1] - alone[1]) / (events * max(1, listeners - 1)) * 1e6
                emit("cpu_of_each_more", share, "us/message", listeners)
                emit("memory_with_deaf", memory(service.pid) - before, "MiB", listeners)
                for line in lines:
                    line.close()
            finally:
                service.terminate()


if __name__ == "__main__":
    main()
