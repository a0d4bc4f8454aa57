"""One thread that waits for all processes and times of a site at once: one epoll over handles, a clock and a bell."""

from __future__ import annotations

import heapq
import os
import select
import threading
import time
from collections.abc import Callable

import structlog

logger = structlog.get_logger(__name__)


class Keeper:
    """Calls `ended(keys)` when processes end and `due(keys)` when times come, from its own thread."""

    def __init__(self, name: str, ended: Callable[[list[str]], None], due: Callable[[list[str]], None]) -> None:
        self._ended = ended
        self._due = due
        self._poll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._bell, select.EPOLLIN)
        self._lock = threading.Lock()
        self._processes: dict[int, str] = {}
        self._times: list[tuple[float, str]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"site-{name}", daemon=True)

    def begin(self) -> None:
        """Start waiting."""
        self._thread.start()

    def watch(self, pid: int, key: str) -> int | None:
        """Wait for the end of a process, ours or not; its handle. None: there is no such process."""
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return None
        with self._lock:
            self._processes[handle] = key
        self._poll.register(handle, select.EPOLLIN | select.EPOLLONESHOT)
        return handle

    def unwatch(self, handle: int) -> None:
        """Let go of a handle."""
        with self._lock:
            if self._processes.pop(handle, None) is None:
                return
        self._poll.unregister(handle)
        os.close(handle)

    def remind(self, key: str, seconds: float) -> None:
        """Call `due` with this key after so many seconds. Reminders are not taken back."""
        with self._lock:
            heapq.heappush(self._times, (time.monotonic() + seconds, key))
        os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """Stop waiting; processes go on."""
        self._closing.set()
        os.eventfd_write(self._bell, 1)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        for handle in list(self._processes):
            self.unwatch(handle)
        self._poll.close()
        os.close(self._bell)

    def _run(self) -> None:
        while not self._closing.is_set():
            handles = [handle for handle, _ in self._poll.poll(self._timeout(), 256)]
            if self._bell in handles:
                os.eventfd_read(self._bell)
            if self._closing.is_set():
                return
            with self._lock:
                ended = [self._processes[handle] for handle in handles if handle in self._processes]
                due = self._come()
            try:
                if ended:
                    self._ended(ended)
                if due:
                    self._due(due)
            except Exception:
                # the thread is the heart of the site: one attempt's trouble must not stop the others
                logger.exception("keeper of a site")

    def _timeout(self) -> float:
        with self._lock:
            return max(0.0, self._times[0][0] - time.monotonic()) if self._times else -1

    def _come(self) -> list[str]:
        now = time.monotonic()
        come = []
        while self._times and self._times[0][0] <= now:
            come.append(heapq.heappop(self._times)[1])
        return come
