"""What A-REX starts on the worker node: it ends what A-REX itself would leave running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridwms.sites.arc.adl import _script
from tests.services.processes import by_environment, parent

_WRAPPER = "trap 'echo told >{0}/told; kill $p; exit 19' TERM\nsetsid sleep 600 & p=$!\necho up >{0}/up\nwait"


@pytest.fixture
def session(tmp_path: Path) -> Path:
    made = tmp_path / "session"
    made.mkdir()
    return made


@pytest.fixture
def started(session: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with start(session, _WRAPPER.format(tmp_path)) as task:
        until((tmp_path / "up").exists)
        yield task


def start(session: Path, wrapper: str) -> subprocess.Popen[bytes]:
    (session / "task").write_text(f"gw_pause=0.05\n{_script()}{wrapper}\n")
    return subprocess.Popen(["/bin/sh", "task"], cwd=session, start_new_session=True)


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def living(session: Path) -> list[int]:
    """The processes that the wrapper is, or has started."""
    return by_environment(f"GRIDWMS_PLACE={session}")


def wrapper_of(task: subprocess.Popen[bytes], session: Path) -> int:
    [found] = [one for one in living(session) if parent(one) == task.pid]
    return found


def test_one_that_ends_leaves_nothing_running(session: Path) -> None:
    with start(session, "exit 7") as task:
        assert task.wait(30) == 7
    with pytest.raises(ProcessLookupError):
        until(lambda: os.killpg(task.pid, 0) is not None)
    assert sorted(path.name for path in session.iterdir()) == ["left", "log", "started"]


def test_a_session_that_is_removed(session: Path, started: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """As after a cancel, whose process A-REX's fork back end ends, and not ours."""
    shutil.rmtree(session)
    until(lambda: not living(session))
    assert (tmp_path / "told").exists()
    assert started.wait(30) == 19


def test_a_session_that_is_away_for_a_moment(session: Path, started: subprocess.Popen[bytes], tmp_path: Path) -> None:
    session.rename(tmp_path / "away")
    time.sleep(0.06)
    (tmp_path / "away").rename(session)
    time.sleep(0.5)
    assert started.poll() is None
    assert not (tmp_path / "told").exists()
    started.terminate()


def test_the_wrapper_is_killed_alone(session: Path, started: subprocess.Popen[bytes]) -> None:
    os.kill(wrapper_of(started, session), signal.SIGKILL)
    assert started.wait(60) == 128 + signal.SIGKILL
    assert not living(session)


def test_what_a_rex_started_is_killed_alone(session: Path, started: subprocess.Popen[bytes], tmp_path: Path) -> None:
    started.kill()
    started.wait()  # as A-REX's scripts do
    until(lambda: not living(session))
    assert (tmp_path / "told").exists()


@pytest.mark.long
def test_a_wrapper_that_does_not_listen(session: Path, tmp_path: Path) -> None:
    deaf = f"import signal, time; signal.signal(15, signal.SIG_IGN); open('{tmp_path}/up', 'w'); time.sleep(600)"
    with start(session, f"trap '' TERM; {sys.executable} -c \"{deaf}\"") as task:
        until((tmp_path / "up").exists)
        task.kill()
        task.wait()
    until(lambda: not living(session))
