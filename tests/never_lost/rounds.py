"""Kills services with SIGKILL at random moments while jobs pass through the local site, and looks what is left.

Each payload appends its job's id to a file: a line twice is a payload that ran twice, a line missing one that was lost.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from gridwms.client import Client, patience
from gridwms.client.errors import ServiceBusy, ServiceUnreachable
from gridwms.client.find import Address
from gridwms.daemon import maintenance
from tests.never_lost.kinds import KINDS, Kind, wrong_output
from tests.services.line import line
from tests.services.postgresql import Server

T = TypeVar("T")
_ROOT = Path(__file__).parents[2]
_FINAL = {"DONE", "CLEARED", "ABORTED", "CANCELLED"}


@dataclass
class Findings:
    """What is wrong, as sentences; empty when nothing was lost and nothing ran twice.

    `lost`: accepted and not known, or never run. `differing`: rows that are not what the events make.
    """

    jobs: int = 0
    kills: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    otherwise: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """All of it."""
        return [*self.lost, *self.twice, *self.differing, *self.otherwise]


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Runner:
    """A service of its own on a free port, killed and started as often as wanted."""

    def __init__(self, directory: Path, *options: str, port: int | None = None, module: str = "gridwms") -> None:
        self.options = options
        self.module = module
        self.config = Path(options[options.index("--config") + 1]) if "--config" in options else None
        self.data = directory / "data"
        self.log = directory / "service.log"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            where = ["--data", str(self.data), "--port", str(self.port)]
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, "serve", *where, *self.options],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": f"{_ROOT}/src:{_ROOT}"},
            )
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            try:
                if self.call("GET", "/api/v1/service"):
                    return
            except (httpx.TransportError, FileNotFoundError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise AssertionError(f"the service did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        token = (self.data / "token").read_text().strip()
        answer = httpx.request(
            method, self.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def all_jobs(self) -> list[dict[str, Any]]:
        jobs: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.call("GET", f"/api/v1/jobs?limit=1000{after}")
            jobs += page["jobs"]
            if page["next"] is None:
                return jobs
            after = f"&after={page['next']}"


def run(
    directory: Path,
    *,
    jobs: int,
    kills: int,
    seed: int,
    server: Server | None = None,
    seconds: float = 300.0,
    kinds: Sequence[Kind] = KINDS,
    program: Sequence[str] = ("gridwms",),
) -> Findings:
    """Submit `jobs` of all kinds, fetch nothing, cancel some, while services are killed `kills` times; then wait for
    the end and compare. With a PostgreSQL `server`: two instances on it, and now and then the server dies instead.
    `program`: the module that is the service, with options.
    """
    rng = random.Random(seed)
    findings = Findings()
    began = time.monotonic()
    with _alone(directory, *program) if server is None else _together(directory, server) as house:
        load = Load(house, directory, jobs, seed, kinds)
        load.start()
        for _ in range(kills):
            time.sleep(0.05 + rng.random() * 0.8)
            if server is not None and rng.random() < 0.2:
                server.crash()
                time.sleep(rng.random() * 0.5)
                server.start()
            else:
                runner = rng.choice(house.runners)
                runner.kill()
                if len(house.runners) > 1:
                    time.sleep(rng.random() * 3)
                runner.start()
            findings.kills += 1
        load.join()
        known = _until_all_ended(house, seconds)
        findings.jobs = len(known)
        findings.otherwise += load.troubles
        _compare(findings, house, load.accepted, known, directory)
    findings.seconds = time.monotonic() - began
    findings.differing += maintenance.check(house.runners[0].data, house.runners[0].config)
    return findings


patience._MOST = 0.3
"""Seconds that a client waits at most before it asks again. Services live for less than a second here."""


class Load:
    """Submits from two threads by the client that users have, which asks again when an answer was lost."""

    def __init__(self, house: House, directory: Path, jobs: int, seed: int, kinds: Sequence[Kind]) -> None:
        self.accepted: dict[str, Kind] = {}
        self.troubles: list[str] = []
        self._house, self._directory, self._kinds = house, directory, kinds
        self._threads = [
            threading.Thread(
                target=self._run, args=(number, jobs // 2 + number * (jobs % 2), random.Random(seed + number))
            )
            for number in (0, 1)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self, number: int, jobs: int, rng: random.Random) -> None:
        place = self._directory / f"client{number}"
        place.mkdir()
        left = jobs
        try:
            with Client(address=self._house.address()) as client:
                while left:
                    kinds = rng.choices(self._kinds, k=min(left, rng.randint(1, 8)))
                    left -= len(kinds)
                    self._submit(client, kinds, place)
                    time.sleep(rng.random() * 0.2)
        except Exception as error:  # noqa: BLE001 - told as a finding
            self.troubles.append(f"the client failed: {type(error).__name__}: {error}")

    def _submit(self, client: Client, kinds: list[Kind], place: Path) -> None:
        texts = [kind.description(place, self._house.ran) for kind in kinds]
        key = secrets.token_hex(16)
        answers = again(partial(client.submit, texts, key=key))
        while any(isinstance(answer.error, ServiceUnreachable | ServiceBusy) for answer in answers):
            answers = again(partial(client.submit, texts, key=key))
        for kind, submission in zip(kinds, answers, strict=True):
            if submission.error is not None:
                self.troubles.append(f"{kind.name} was refused: {submission.error}")
                continue
            self.accepted[submission.id] = kind
            if kind.cancel:
                again(partial(client.cancel, [submission.id]))


def again(ask: Callable[[], T]) -> T:
    """Ask until a service answers. What the client itself does not ask again is asked again here."""
    deadline = time.monotonic() + 600
    while True:
        try:
            return ask()
        except (ServiceUnreachable, ServiceBusy):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _until_all_ended(house: House, seconds: float) -> list[dict[str, Any]]:
    deadline = time.monotonic() + seconds
    while True:
        known = house.runners[-1].all_jobs()
        if all(job["state"] in _FINAL for job in known) or time.monotonic() > deadline:
            return known
        time.sleep(0.2)


def _compare(
    findings: Findings, house: House, accepted: dict[str, Kind], known: list[dict[str, Any]], directory: Path
) -> None:
    jobs = {job["id"]: job for job in known}
    findings.lost += [f"{job} was accepted and is not known any more" for job in accepted.keys() - jobs.keys()]
    findings.otherwise += [f"{job} is there, and nobody was told of it" for job in jobs.keys() - accepted.keys()]
    lines = Counter(house.ran.read_text().split()) if house.ran.exists() else Counter()
    with Client(address=house.address()) as client:
        for job in accepted.keys() & jobs.keys():
            kind, shown = accepted[job], jobs[job]
            if lines[job] not in kind.runs:
                ran = findings.twice if lines[job] > 1 else findings.lost
                ran.append(f"the payload of {job} ({kind.name}) ran {lines[job]} times")
            if not kind.ends(shown):
                ended = f"{shown['state']} {shown['done_code']} {shown['reason']}"
                findings.otherwise.append(f"{job} ({kind.name}) ended as {ended}")
            elif sentence := wrong_output(client, shown, kind, directory / "fetched"):
                findings.otherwise.append(sentence)


@dataclass
class House:
    """The services of a round. Payloads write to `ran`; clients and wrappers come by `port`."""

    runners: list[Runner]
    ran: Path
    port: int

    def address(self) -> Address:
        return Address(f"http://127.0.0.1:{self.port}", (self.runners[0].data / "token").read_text().strip())


@contextmanager
def _alone(directory: Path, module: str, *options: str) -> Iterator[House]:
    runner = Runner(directory, *options, module=module)
    runner.start()
    yield House([runner], directory / "ran", runner.port)
    runner.stop()


@contextmanager
def _together(directory: Path, server: Server) -> Iterator[House]:
    """Two instances behind one address: one database, one secret, one sandbox, one site that both can drive."""
    shared, database = directory / "shared", server.new_database()
    for name in ("sandbox", "site"):
        (shared / name).mkdir(mode=0o700, parents=True)
    ports = [free_port(), free_port()]
    with line(*ports) as door:
        config = directory / "gridwms.toml"
        config.write_text(_SHARED.format(port=door.port, database=database))
        runners = []
        for number, port in enumerate(ports):
            data = directory / f"instance{number}" / "data"
            (data / "sites").mkdir(mode=0o700, parents=True)
            for name in ("secret", "token"):
                private(data / name, f"the-{name}-of-both-instances-which-is-long-enough")
            (data / "sandbox").symlink_to(shared / "sandbox")
            (data / "sites" / "local").symlink_to(shared / "site")
            runners.append(Runner(data.parent, "--config", str(config), port=port, module="tests.never_lost.instance"))
        for runner in runners:
            runner.start()
        yield House(runners, directory / "ran", door.port)
        for runner in runners:
            runner.stop()


_SHARED = """
[service]
url = "http://127.0.0.1:{port}"
database = "{database}"
lease_seconds = 2
[sites.local]
kind = "local"
slots = 8
poll_seconds = 1
"""


def private(path: Path, text: str) -> None:
    """A file for its owner alone."""
    path.touch(mode=0o600)
    path.write_text(text)


def main() -> None:
    """`python -m tests.never_lost.rounds DIRECTORY JOBS KILLS SEED`: prints the findings as JSON."""
    directory, jobs, kills, seed = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    directory.mkdir(parents=True, exist_ok=True)
    print(json.dumps(asdict(run(directory, jobs=jobs, kills=kills, seed=seed))))


if __name__ == "__main__":
    main()
