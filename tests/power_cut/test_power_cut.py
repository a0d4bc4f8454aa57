"""Promise 1 at a power cut: whatever the disk lost that nobody had waited for, every answer that went out holds."""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gridwms.daemon import maintenance
from tests.never_lost.rounds import Runner, free_port
from tests.power_cut import recording
from tests.power_cut.conversations import exchanges
from tests.power_cut.disk import Disk
from tests.power_cut.load import wait_until_all_ended
from tests.power_cut.promises import Promise, broken, promises, taken_over
from tests.power_cut.recording import Kind, Operation

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Recorded:
    """A life of the service as `load.py` leads it, and what it promised meanwhile."""

    root: Path
    config: Path
    port: int
    operations: Sequence[Operation]
    given: Sequence[Promise]

    def cuts(
        self, places: Collection[int], target: Path, luck: float | None = None, deaf_for: str | None = None
    ) -> Iterator[tuple[int, list[Promise]]]:
        """Lay out in `target` what a power cut after each of these operations may leave; the place, and what had been
        promised. `deaf_for`: as if no file whose path ends so had ever been synced."""
        disk = Disk(self.root)
        for place, operation in enumerate(self.operations):
            if deaf_for is None or operation.kind is not Kind.SYNC_ENDS or not operation.path.endswith(deaf_for):
                disk.do(operation)
            given = [promise for promise in self.given if promise.at <= place]
            if place in places and given:
                shutil.rmtree(target, ignore_errors=True)
                disk.cut(target, random.Random(place), luck)
                yield place, given


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    if why := recording.possible():
        pytest.skip(why)
    directory = tmp_path_factory.mktemp("power")
    config = directory / "gridwms.toml"
    config.write_text('[sites.local]\nkind = "local"\nslots = 4\n')
    root = directory / "root"
    root.mkdir()
    trace = directory / "trace"
    port = free_port()
    load = [sys.executable, "-m", "tests.power_cut.load", str(root), str(config), str(port)]
    recording.run(load, trace, {"PYTHONPATH": f"{ROOT}:{ROOT}/src"})
    operations = list(recording.read(trace, root))
    trace.unlink()
    given = sorted([*promises(exchanges(operations)), *taken_over(operations)], key=lambda promise: promise.at)
    assert {promise.what for promise in given} == {"job", "started", "cancelled", "input", "output", "event", "token"}
    return Recorded(root, config, port, operations, given)


@pytest.fixture
def image() -> Iterator[Path]:
    """Where hundreds of data directories are laid out, one after the other; in memory where there is such a place."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as directory:
        yield Path(directory) / "root"


def test_the_model_is_the_machine(recorded: Recorded, image: Path) -> None:
    """With no cut at all it holds, byte for byte, what the programs left; else it proves nothing."""
    disk = Disk(recorded.root)
    for operation in recorded.operations:
        disk.do(operation)
    disk.everything(image)
    assert _files(image) == _files(recorded.root)
    assert broken(image / "data", recorded.given) == []


def _files(root: Path) -> dict[str, bytes | None]:
    # SQLite's index of its log is written through memory; it is made anew at each opening.
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
        if not path.name.endswith("-shm")
    }


@pytest.mark.timeout(3000)
def test_what_was_answered_holds_after_a_cut_anywhere(
    recorded: Recorded, image: Path, request: pytest.FixtureRequest
) -> None:
    everywhere = range(len(recorded.operations))
    places = everywhere if request.config.getoption("--long") else random.Random(3).sample(everywhere, 150)
    for place, given in recorded.cuts(set(places), image):
        wrong = [*broken(image / "data", given), *maintenance.check(image / "data", None)]
        assert wrong == [], f"power cut after operation {place}: {recorded.operations[place].kind}"


@pytest.mark.parametrize(("deaf_for", "what"), [("-wal", "job"), ("/input", "input"), ("/output/1", "output")])
def test_a_service_that_does_not_wait_for_the_disk_is_caught(
    recorded: Recorded, image: Path, deaf_for: str, what: str
) -> None:
    """The proof of the proof: when one kind of file is never synced, promises about it are found broken."""
    places = range(0, len(recorded.operations), 97)
    found: set[str] = set()
    for _place, given in recorded.cuts(places, image, luck=0.0, deaf_for=deaf_for):
        found |= {promise.what for promise in broken(image / "data", given)}
    assert what in found


@pytest.mark.timeout(1800)
def test_the_service_goes_on_after_a_cut(recorded: Recorded, image: Path, request: pytest.FixtureRequest) -> None:
    """Started on what is left, it brings every job to an end; what ended well has its output."""
    just_delivered = [
        place
        for place, one in enumerate(recorded.operations)
        if one.kind is Kind.RENAME and one.other.endswith("/wrapper")
    ]
    count = 20 if request.config.getoption("--long") else 1
    rng = random.Random(5)
    places = {rng.choice(just_delivered) + rng.randrange(100) for _ in range(count)}
    for place, given in recorded.cuts(places, image):
        runner = Runner(image, "--config", str(recorded.config), port=recorded.port)
        runner.start()
        try:
            wait_until_all_ended(runner)
            for job in runner.all_jobs():
                if (job["state"], job["done_code"]) == ("DONE", "OK") and job["executable"] != "/bin/sleep":
                    (file,) = runner.call("GET", f"/api/v1/jobs/{job['key']}/output")["files"]
                    assert file["size"], f"power cut after operation {place}: {job}"
        finally:
            runner.stop()
        assert broken(image / "data", given) == []
        assert maintenance.check(image / "data", None) == []
