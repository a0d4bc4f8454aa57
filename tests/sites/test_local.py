"""The local site passes the contract, with scripts that stand for wrappers."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gridwms.classad import evaluate_attribute
from gridwms.sites.contract import Handover, Leftover, Phase, Receipt, Refusal, SiteUnavailable
from gridwms.sites.local import LocalSettings, LocalSite
from gridwms.sites.local import place as places
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.traces import TraceRig


class LocalRig(TraceRig):
    """Wrappers here append a line to a file, and wait for another file to appear when they are endless."""

    slots = 2

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lay_traces(directory)
        self.settings = LocalSettings(name="here", directory=directory / "site", slots=self.slots, grace_seconds=3)
        self.changed = threading.Condition()
        self.open()

    def open(self) -> None:
        self.site = LocalSite(self.settings)
        self.ce = str(evaluate_attribute(self.site.describe()[0], "GlueCEUniqueID"))
        self.site.watch(self._wake)

    def _wake(self, _tags: object) -> None:
        with self.changed:
            self.changed.notify_all()

    def wait(self, what: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        with self.changed:
            while not what():
                assert time.monotonic() < deadline, "not in time"
                self.changed.wait(0.02)

    def restart(self) -> None:
        self.site.close()
        self.open()

    def release(self) -> None:
        """A writer that stays lets every reader go on: each reads the end of the file or a line."""
        thread = threading.Thread(target=self._feed, daemon=True)
        thread.start()

    def _feed(self) -> None:
        handle = os.open(self.gate, os.O_RDWR)
        os.write(handle, b"\n" * 1000)
        threading.Event().wait(60)
        os.close(handle)

    def close(self) -> None:
        held = [Receipt(tag=tag, id=tag) for tag, _ in places.places(self.settings.directory / "attempts")]
        self.site.forget(held)
        self.wait(lambda: set(self.site.find([one.tag for one in held]).values()) <= {None})
        self.site.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[LocalRig]:
    made = LocalRig(tmp_path)
    yield made
    made.close()


class TestLocal(SiteContract):
    """The contract."""


def end(rig: LocalRig, handover: Handover) -> Receipt:
    """Submit one and wait for its end."""
    receipt = receipts_of(rig.site.submit([handover]))[0]
    rig.wait(lambda: rig.site.status([receipt])[0].phase is Phase.ENDED)
    return receipt


def test_exit_status_and_log(rig: LocalRig) -> None:
    receipt = end(rig, rig.script(tags(1)[0], "echo said; echo wrong >&2; exit 7"))
    sighting = rig.site.status([receipt])[0]
    assert (sighting.exit_code, sighting.reason) == (7, None)
    assert rig.site.collect([receipt]) == [Leftover(tag=receipt.tag, log="said\nwrong\n")]


def test_spooled_events_are_collected(rig: LocalRig) -> None:
    tag = tags(1)[0]
    receipt = end(rig, rig.script(tag, f"mkdir {tag}; printf 'type=Running\\ntype=Finished\\n' >{tag}/events"))
    assert rig.site.collect([receipt])[0].events == ("type=Running", "type=Finished")


def test_death_of_the_wrapper_is_told_with_its_signal(rig: LocalRig) -> None:
    receipt = end(rig, rig.script(tags(1)[0], "kill -9 $$"))
    sighting = rig.site.status([receipt])[0]
    assert sighting.exit_code == 137
    assert sighting.reason is not None
    assert "signal 9" in sighting.reason.sentence


def test_death_of_everything_is_an_end(rig: LocalRig) -> None:
    """Nobody is left to tell, and nobody looked: the service was away."""
    tag = tags(1)[0]
    receipt = receipts_of(rig.site.submit([rig.script(tag, f"read -r x <{rig.gate}; kill -9 $$")]))[0]
    rig.wait(lambda: rig.ran(tag) == 1)
    pid = int(Path(places.place_of(rig.settings.directory / "attempts", tag), "started").read_text().split()[0])
    rig.site.close()
    rig.release()
    rig.wait(lambda: not _lives(pid))
    rig.open()
    sighting = rig.site.status([receipt])[0]
    assert sighting.exit_code is None
    assert sighting.reason is not None
    assert sighting.reason.code == "killed_at_site"


def test_what_does_not_listen_is_killed_with_all_its_children(rig: LocalRig) -> None:
    tag = tags(1)[0]
    script = f"trap '' TERM; setsid sleep 300 & echo $! >{rig.traces}/pid; echo x >>{rig.traces}/ready; wait; wait"
    receipt = receipts_of(rig.site.submit([rig.script(tag, script)]))[0]
    rig.wait(lambda: rig.ran("ready") == 1)
    rig.site.cancel([receipt])
    rig.wait(lambda: rig.site.status([receipt])[0].phase is Phase.ENDED)
    assert rig.site.status([receipt])[0].cancelled
    pid = int((rig.traces / "pid").read_text())
    rig.wait(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_reboot_is_an_end(rig: LocalRig) -> None:
    """The process is of another boot, so it is not ours, whoever has its number now."""
    tag = tags(1)[0]
    receipts_of(rig.site.submit([rig.endless(tag)]))
    rig.wait(lambda: rig.ran(tag) == 1)
    place = places.place_of(rig.settings.directory / "attempts", tag)
    pid, start, _ = Path(place, "started").read_text().split()
    rig.site.close()
    Path(place, "started").write_text(f"{pid} {start} 00000000-0000-0000-0000-000000000000\n")
    rig.open()
    sighting = rig.site.status([Receipt(tag=tag, id=tag)])[0]
    assert sighting.phase is Phase.ENDED
    assert sighting.reason is not None
    assert sighting.reason.code == "killed_at_site"


def test_wall_time(rig: LocalRig) -> None:
    tag = tags(1)[0]
    handover = rig.endless(tag)
    limited = Handover(tag=tag, ce=rig.ce, script=handover.wrapper, wall_seconds=1)
    receipt = end(rig, limited)
    sighting = rig.site.status([receipt])[0]
    assert not sighting.cancelled
    assert sighting.reason is not None
    assert "wall time" in sighting.reason.sentence
    rig.restart()
    assert rig.site.status([receipt])[0].reason == sighting.reason


def test_wide_attempts_take_several_slots_and_are_not_overtaken(rig: LocalRig) -> None:
    first, wide, last = tags(3)
    receipts = receipts_of(
        rig.site.submit(
            [
                rig.endless(first),
                Handover(tag=wide, ce=rig.ce, script=rig.quick(wide).wrapper, cpus=2),
                rig.quick(last),
            ]
        )
    )
    rig.wait(lambda: rig.ran(first) == 1)
    phases = [one.phase for one in rig.site.status(receipts)]
    assert phases == [Phase.RUNNING, Phase.QUEUED, Phase.QUEUED]
    rig.restart()
    assert [one.phase for one in rig.site.status(receipts)] == phases
    rig.site.cancel(receipts[:1])
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))
    assert rig.ran(wide) == rig.ran(last) == 1


def test_a_whole_node_is_this_machine_alone(rig: LocalRig) -> None:
    whole, last = tags(2)
    alone = replace(rig.endless(whole), whole_nodes=True)
    receipts = receipts_of(rig.site.submit([alone, rig.quick(last)]))
    rig.wait(lambda: rig.ran(whole) == 1)
    assert [one.phase for one in rig.site.status(receipts)] == [Phase.RUNNING, Phase.QUEUED]
    rig.restart()
    assert [one.phase for one in rig.site.status(receipts)] == [Phase.RUNNING, Phase.QUEUED]


@pytest.mark.parametrize(
    ("wish", "words"),
    [({"cpus": 2, "nodes": 2}, "one host, and 2"), ({"cpus": 2, "smp_granularity": 64}, "64 on each")],
)
def test_what_one_machine_cannot_give_is_refused(rig: LocalRig, wish: dict[str, Any], words: str) -> None:
    (refusal,) = rig.site.submit([replace(rig.quick(tags(1)[0]), **wish)])
    assert isinstance(refusal, Refusal)
    assert words in refusal.reason.sentence


def test_one_service_a_directory(rig: LocalRig) -> None:
    settings = LocalSettings(name="second", directory=rig.settings.directory, lock_seconds=0)
    with pytest.raises(SiteUnavailable, match="another service uses"):
        LocalSite(settings)


def test_a_submission_cut_off_in_the_middle_is_not_there(rig: LocalRig) -> None:
    tag = tags(1)[0]
    place = Path(places.place_of(rig.settings.directory / "attempts", tag))
    place.mkdir(parents=True)
    (place / "wrapper.new").write_text("echo x >>/nowhere")
    rig.restart()
    assert rig.site.find([tag]) == {tag: None}
    assert not place.exists()
    end(rig, rig.quick(tag))
    assert rig.ran(tag) == 1


@pytest.mark.parametrize("spoil", [lambda text: b"", lambda text: text[:512], lambda text: b"\0" * 9 + text[9:]])
def test_a_script_that_a_power_cut_spoiled_is_not_run(rig: LocalRig, spoil: Callable[[bytes], bytes]) -> None:
    blockers, tag = tags(rig.slots), tags(1)[0]
    blocking = receipts_of(rig.site.submit([rig.endless(blocker) for blocker in blockers]))
    rig.site.submit([rig.script(tag, "# long\n" * 200)])
    rig.site.close()
    script = Path(places.place_of(rig.settings.directory / "attempts", tag)) / "wrapper"
    script.write_bytes(spoil(script.read_bytes()))
    rig.open()
    assert rig.site.find([tag]) == {tag: None}
    rig.site.cancel(blocking)
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(blocking)))
    assert rig.ran(tag) == 0


def test_files_are_for_the_owner_alone(rig: LocalRig) -> None:
    receipt = end(rig, rig.quick(tags(1)[0]))
    place = Path(places.place_of(rig.settings.directory / "attempts", receipt.tag))
    assert place.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o077 for path in place.iterdir()} == {0}


def test_the_wrapper_finds_a_clean_environment_and_usual_signals(
    rig: LocalRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_SECRET", "s3cret")
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    try:
        receipt = end(rig, rig.script(tags(1)[0], "env; grep SigIgn /proc/self/status; pwd"))
    finally:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    log = rig.site.collect([receipt])[0].log
    assert "s3cret" not in log
    ignored = int(next(line for line in log.splitlines() if line.startswith("SigIgn")).split()[1], 16)
    assert ignored & 0x7FFFFFFF == 0  # those above are the C library's own
    assert receipt.tag in log.splitlines()[-1]


def test_more_attempts_than_file_handles(tmp_path: Path) -> None:
    """Those without a handle are looked at now and then."""
    rig = LocalRig(tmp_path)
    rig.site.close()
    rig.settings = replace(rig.settings, slots=40)
    rig.open()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 20, limits[1]))
    try:
        receipts = receipts_of(rig.site.submit([rig.script(tag, "sleep 0.3") for tag in tags(40)]))
        rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))
        assert {one.exit_code for one in rig.site.status(receipts)} == {0}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    rig.close()


def test_odd_tags_are_refused(rig: LocalRig) -> None:
    answers = rig.site.submit([rig.script(tag, "") for tag in ("../../x", "", ".", "a/b")])
    assert all(isinstance(answer, Refusal) for answer in answers)


def test_order_of_the_queue_survives_a_restart(rig: LocalRig) -> None:
    blockers = tags(rig.slots)
    receipts_of(rig.site.submit([rig.endless(tag) for tag in blockers]))
    mine = tags(30)
    order = rig.traces / "order"
    receipts = []
    for begin in range(0, 30, 10):
        receipts += receipts_of(
            rig.site.submit([rig.script(tag, f"echo {tag} >>{order}") for tag in mine[begin : begin + 10]])
        )
    rig.restart()
    rig.site.cancel([Receipt(tag=blockers[0], id="")])
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))
    assert order.read_text().split() == mine
