"""Programs that are started while other threads go on."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from gridwms.sites.local.spawn import spawn

TELL = "echo $MARK >told; ps -o sid= -p $$ >>told 2>/dev/null || cut -d' ' -f6 /proc/$$/stat >>told; cat <&9 >>told"


def test_it_leads_a_session_with_its_environment_and_handles(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    words = ["/bin/sh", "-c", f"cd {tmp_path}; {TELL}"]
    pid = spawn("/bin/sh", words, {"MARK": "ü $x", "PATH": "/usr/bin:/bin"}, {9: ours}, [])
    os.write(theirs, b"hello")
    os.close(theirs)
    os.close(ours)
    assert os.waitpid(pid, 0)[1] == 0
    mark, session, said = (tmp_path / "told").read_text("utf-8").splitlines()
    assert (mark, int(session), said) == ("ü $x", pid, "hello")


def test_signals_that_we_ignore_end_it(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        pid = spawn("/bin/sh", ["/bin/sh", "-c", "kill -USR1 $$"], {}, {}, [signal.SIGUSR1])
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGUSR1


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="/nowhere"):
        spawn("/nowhere", ["/nowhere"], {}, {}, [])


def test_many_threads_start_at_once() -> None:
    started: list[int] = []

    def some() -> None:
        started.extend(spawn("/bin/true", ["/bin/true"], {}, {}, []) for _ in range(10))

    threads = [threading.Thread(target=some) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(started)) == 40
    assert {os.waitpid(pid, 0)[1] for pid in started} == {0}
