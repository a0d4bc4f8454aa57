"""Answers that are lost on the way: a submission is sent again, and there is one job."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridwms.client import AsyncClient, Client
from gridwms.client.errors import LocalFile, Refused, ServiceUnreachable
from gridwms.client.find import Address
from gridwms.client.patience import Patience
from tests.client.running import Running
from tests.client.test_synchronous import ECHO, script


class Lossy:
    """A way to the service that loses the first answer to each of some requests, named by how they begin."""

    def __init__(self, port: int, losing: tuple[bytes, ...]) -> None:
        self._port = port
        self._losing = list(losing)
        self.lost: list[bytes] = []
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._run(self._accept)

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for end in (self._listener, *self._ends):
            end.close()

    def _run(self, target: Callable[..., None], *args: object) -> None:
        self._threads.append(threading.Thread(target=target, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._ends += [near, far]
                self._run(self._there, near, far)

    def _there(self, near: socket.socket, far: socket.socket) -> None:
        """Requests as they come; one connection carries one at a time."""
        lose = threading.Event()
        self._run(self._back, far, near, lose)
        with contextlib.suppress(OSError):
            while data := near.recv(1 << 16):
                for start in list(self._losing):
                    if data.startswith(start):
                        self._losing.remove(start)
                        self.lost.append(start)
                        lose.set()
                far.sendall(data)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    def _back(self, far: socket.socket, near: socket.socket, lose: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(1 << 16):
                if lose.is_set():
                    break  # the service has done it; its answer goes nowhere
                near.sendall(data)
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def lossy(service: Running) -> Iterator[Lossy]:
    made = Lossy(service.port, (b"POST /api/v1/jobs HTTP", b"PUT /api/v1/jobs/", b"POST /api/v1/jobs/start"))
    yield made
    made.close()


def test_a_lost_answer_makes_no_second_job(service: Running, lossy: Lossy, client: Client, tmp_path: Path) -> None:
    before = len(list(client.jobs()))
    with Client(address=Address(lossy.url, service.address.token)) as far:
        done = far.submit([script(tmp_path), ECHO])
    assert [submission.error for submission in done] == [None, None]
    assert len(lossy.lost) == 3
    assert len(list(client.jobs())) == before + 2
    assert all(job.went_well for job in client.wait([one.key for one in done], timeout=60))


def test_the_same_for_asyncio(service: Running, lossy: Lossy, client: Client, tmp_path: Path) -> None:
    async def whole() -> list[str]:
        async with AsyncClient(address=Address(lossy.url, service.address.token)) as far:
            done = await far.submit([script(tmp_path), ECHO])
        assert [submission.error for submission in done] == [None, None]
        return [one.key for one in done]

    before = len(list(client.jobs()))
    keys = asyncio.run(whole())
    assert len(lossy.lost) == 3
    assert len(list(client.jobs())) == before + 2
    assert all(job.went_well for job in client.wait(keys, timeout=60))


def test_a_service_killed_after_it_accepted_has_the_jobs(service: Running, client: Client) -> None:
    [first] = client.submit([ECHO], key="before the kill")
    service.stop(signal.SIGKILL)
    service.start()
    [again] = client.submit([ECHO], key="before the kill")
    assert again.id == first.id
    with pytest.raises(Refused, match="other contents"):
        client.submit([ECHO + " "], key="before the kill")


def test_a_key_of_ones_own_lets_a_failed_upload_be_completed(client: Client, tmp_path: Path) -> None:
    file = script(tmp_path)
    (tmp_path / "a b.txt").rename(tmp_path / "away")
    [failed] = client.submit([file], key="my campaign")
    assert isinstance(failed.error, LocalFile)
    (tmp_path / "away").rename(tmp_path / "a b.txt")
    [done] = client.submit([file], key="my campaign")
    assert (done.error, done.id) == (None, failed.id)
    assert client.wait([done.id], timeout=60)[0].went_well


def test_patience_has_an_end() -> None:
    time = [0.0]
    patience = Patience(lambda: time[0], seconds=10.0, rng=random.Random(1))
    lost = ServiceUnreachable("lost")
    pauses = []
    with pytest.raises(ServiceUnreachable):
        while True:
            pauses.append(patience.pause(lost))
            time[0] += pauses[-1]
    assert 10.0 <= time[0] <= 15.0
    assert pauses[0] < 0.3
    assert max(pauses) <= 5.0


def test_a_service_that_was_never_there_is_not_waited_for() -> None:
    away = ServiceUnreachable("nobody", sent=False)
    with pytest.raises(ServiceUnreachable):
        Patience(lambda: 0.0).pause(away)
    assert Patience(lambda: 0.0, met=True).pause(away) > 0
