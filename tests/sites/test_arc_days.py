"""Bad days at a real A-REX, as users of the service see them: processes are killed, certificates expire."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.end_to_end.conftest import User
from tests.never_lost.rounds import Runner
from tests.services import arex
from tests.services.processes import ancestors, by_environment

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def user(real_arex: arex.Arex, tmp_path: Path) -> Iterator[User]:
    with serving(real_arex, tmp_path) as made:
        yield made


@contextmanager
def serving(element: arex.Arex, tmp_path: Path) -> Iterator[User]:
    config = tmp_path / "gridwms.toml"
    config.write_text(f"""\
[sites.nordic]
kind = "arc"
url = "{element.url}"
proxy = "{element.proxies["alice"]}"
authorities = "{element.authority.certificates}"
queues = ["main"]
poll_seconds = 1
refresh_seconds = 1
settle_seconds = 2
""")
    started = Runner(tmp_path, "--config", str(config))
    started.start()
    yield User(started, tmp_path)
    started.stop()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Where jobs of any account may write."""
    with tempfile.TemporaryDirectory(prefix="gw-arc-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def submit(user: User, script: str, count: int = 1, more: str = "") -> list[str]:
    user.write(
        "job.jdl",
        f'[ Executable = "/bin/sh"; Arguments = "-c \'{script}\'"; RetryCount = 0; ShallowRetryCount = 0; {more}]',
    )
    said = user("submit", *["job.jdl"] * count)
    assert said.status == 0, said.err
    return said.lines[-count:]


def until(what: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.3)


def states(user: User, jobs: Sequence[str]) -> set[str]:
    return {one["state"] for one in user.runner.all_jobs() if one["id"] in jobs}


def payload_of(job: str) -> int:
    """The first process of a payload, which leads its group."""
    return min((one for one in by_environment(f"GRIDWMS_JOB_ID={job}") if os.getpgid(one) == one), default=0)


def kill(*processes: int) -> None:
    for one in processes:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def test_processes_of_jobs_are_killed(user: User) -> None:
    jobs = submit(user, "sleep 900", 4)
    until(lambda: all(map(payload_of, jobs)))
    payloads = [payload_of(job) for job in jobs]
    above = [ancestors(one) for one in payloads]  # the wrapper, what A-REX runs, and its own processes
    os.killpg(payloads[0], signal.SIGKILL)
    kill(above[1][0])
    kill(above[2][-1])
    place = Path(f"/proc/{above[3][0]}/environ").read_bytes().decode().partition("GRIDWMS_PLACE=")[2].partition("\0")[0]
    kill(*above[3], *by_environment(f"GRIDWMS_PLACE={place}"))
    until(lambda: states(user, jobs) <= {"DONE", "ABORTED"})
    told = [user("log", job).out for job in jobs]
    assert "exit code 137" in told[0]
    assert "The site nordic ended the job: its wrapper was killed there by SIGKILL" in told[1]
    assert all("The site nordic ended the job: LRMS error: (-1) Job died unexpectedly" in text for text in told[2:])
    until(lambda: not any(by_environment(f"GRIDWMS_JOB_ID={job}") for job in jobs))


def test_what_was_cancelled_is_gone(user: User) -> None:
    """A-REX's fork back end ends a process of its own, and none of ours."""
    jobs = submit(user, "trap : TERM; sleep 900 & wait; wait", 2)
    until(lambda: all(map(payload_of, jobs)))
    assert user("cancel", *jobs).status == 0
    until(lambda: states(user, jobs) == {"CANCELLED"})
    until(lambda: not any(by_environment(f"GRIDWMS_JOB_ID={job}") for job in jobs))


def test_a_rex_is_killed_with_jobs_in_every_phase(user: User, real_arex: arex.Arex, open_folder: Path) -> None:
    jobs = submit(user, f"echo $GRIDWMS_JOB_ID >>{open_folder}/ran; sleep 3", 12)
    ran = open_folder / "ran"
    for count in (1, 6):
        until(lambda count=count: ran.exists() and len(ran.read_text().split()) >= count)  # type: ignore[misc]
        real_arex.daemons.stop("arex", signal.SIGKILL)
        time.sleep(2)
        real_arex.start_arex()
    until(lambda: states(user, jobs) == {"DONE"})
    assert sorted(ran.read_text().split()) == sorted(jobs)


def test_the_certificate_of_the_door_expires(user: User, real_arex: arex.Arex, open_folder: Path) -> None:
    jobs = submit(user, f"until [ -e {open_folder}/go ]; do sleep 0.2; done", 2)
    until(lambda: states(user, jobs) == {"RUNNING"})
    real_arex.authority.host(begins=-7200, ends=-3600)
    user.runner.kill()  # a line that is open stays so
    user.runner.start()
    until(lambda: "its certificate has expired, or our clock is wrong" in user("site", "show", "nordic").out, 60)
    later = submit(user, "true")
    (open_folder / "go").touch()
    until(lambda: states(user, jobs) == {"DONE"})  # wrappers say so themselves
    assert states(user, later) <= {"WAITING", "READY"}
    real_arex.authority.host()
    until(lambda: states(user, later) == {"DONE"})


@pytest.mark.parametrize("small_disk", ["size=4m,mode=755"], indirect=True)
@pytest.mark.parametrize("version", [6, 7])
def test_the_disk_of_sessions_is_full(small_disk: Path, tmp_path: Path, version: int) -> None:
    if why := arex.missing(version):
        pytest.skip(why)
    for one in (tmp_path.parent.parent, tmp_path.parent, tmp_path):
        one.chmod(0o755)  # pytest's own folders are closed to other accounts
    with arex.running(version, sessions=small_disk) as element, serving(element, tmp_path) as user:
        [job] = submit(user, "cat /dev/zero >big; echo said >&2; exit 3")
        until(lambda: states(user, [job]) == {"DONE"})
        assert "exit code 3" in user("log", job).out
        until(lambda: not list(small_disk.iterdir()))
        (small_disk / "filler").write_bytes(bytes((4 << 20) - 8192))
        [job] = submit(user, "true")
        until(lambda: states(user, [job]) <= {"DONE", "ABORTED"})
        assert "disk" in user("status", job).out
        (small_disk / "filler").unlink()
        [job] = submit(user, "true")
        until(lambda: states(user, [job]) == {"DONE"})
