"""Output data from the wrapper's word to the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from gridwms.catalogue.contract import CatalogueError, Written
from gridwms.describe.data import KnownCatalogue, KnownStorage
from gridwms.flow.data.locator import Asked, Locator
from gridwms.flow.data.register import register_outputs
from gridwms.flow.worker import Word, hear
from gridwms.store import events as log
from tests.flow.conftest import Stage
from tests.flow.data.test_locator import FakeCatalogue


@dataclass
class Keeping(FakeCatalogue):
    kept: list[Written] = field(default_factory=list)
    calls: int = 0
    registers: bool = True

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        self.calls += 1
        if self.down is not None:
            raise self.down
        self.kept += [one for one in files if one not in self.kept]
        return {one.name: "not so" for one in files if one.name in self.refused}


@pytest.fixture
def keeping(stage: Stage) -> Keeping:
    fake = Keeping()
    known = KnownCatalogue(name="fake", type="FILE", registers=True)
    stage.world.data = Locator([Asked(catalogue=fake, known=known)], stage.world.clock)
    storage = (KnownStorage(name="se.example.org", url="davs://se.example.org/dav/{vo}"),)
    stage.world.settings = replace(stage.world.settings, storage=storage)
    return fake


TWO = """OutputData = { [ OutputFile = "a"; LogicalFileName = "lfn:user:a b" ],
    [ OutputFile = "b"; LogicalFileName = "lfn:/b" ], [ OutputFile = "c" ] };"""


def run(stage: Stage, *files: str, extra: str = TWO) -> str:
    """A job whose wrapper has said that it stored these."""
    (key,) = stage.submit(extra)
    stage.schedule()
    stage.errands()
    say(stage, key, *files)
    return key


def say(stage: Stage, key: str, *files: str) -> None:
    lines = [
        f"type=Noticed&id=worker-1-{n}-x&time=1000&code=data_stored&p.file={file}&p.url=evil&p.size=5&p.checksum=md5%3A0a"
        for n, file in enumerate(files)
    ]
    assert hear(stage.world, [Word(key=key, attempt=1, lines=lines)]) == [None]


def test_names_and_places_are_those_of_the_description(stage: Stage, keeping: Keeping) -> None:
    key = run(stage, "a", "b", "c", "lfn:/etc/passwd")
    wrapper = stage.site.handovers[0].wrapper
    assert "gw_upload 'a' put 'https://se.example.org/dav/local/user/a%20b' 'lfn:user:a b'" in wrapper
    assert "gw_upload 'c' put 'https://se.example.org/dav/local/' ''" in wrapper
    register_outputs(stage.world)
    assert keeping.kept == [
        Written(
            name=name,
            url=f"https://se.example.org/dav/local/{path}",
            storage="se.example.org",
            size=5,
            checksum="md5:0a",
        )
        for name, path in (("lfn:user:a b", "user/a%20b"), ("lfn:/b", "b"))
    ]
    register_outputs(stage.world)
    assert keeping.calls == 1
    assert key


def test_many_jobs_are_one_call(stage: Stage, keeping: Keeping) -> None:
    for number in range(5):
        run(stage, "a", extra=f'OutputData = [ OutputFile = "a"; LogicalFileName = "lfn:/{number}" ];')
    register_outputs(stage.world)
    assert (keeping.calls, len(keeping.kept)) == (1, 5)


def test_a_catalogue_that_is_down_is_told_later(stage: Stage, keeping: Keeping) -> None:
    keeping.down = CatalogueError("away")
    run(stage, "a")
    register_outputs(stage.world)
    register_outputs(stage.world)
    assert keeping.calls == 1
    keeping.down = None
    stage.pass_time(20)
    register_outputs(stage.world)
    assert [one.name for one in keeping.kept] == ["lfn:user:a b"]


def test_what_is_refused_is_in_the_log_of_the_job(stage: Stage, keeping: Keeping) -> None:
    keeping.refused = frozenset({"lfn:/b"})
    key = run(stage, "a", "b")
    register_outputs(stage.world)
    told = [entry.event for entry in stage.world.database.read(lambda c: log.of_job(c, key))]
    reasons = [event.reason.sentence for event in told if getattr(event, "id", "").startswith("data-")]
    assert reasons == ["The catalogue refuses lfn:/b (https://se.example.org/dav/local/b): not so"]


def test_what_is_stored_later_is_registered_too(stage: Stage, keeping: Keeping) -> None:
    key = run(stage, "a")
    register_outputs(stage.world)
    lines = ["type=Noticed&id=worker-1-9-x&time=1000&code=data_stored&p.file=b&p.size=5&p.checksum=md5%3A0a"]
    hear(stage.world, [Word(key=key, attempt=1, lines=lines)])
    register_outputs(stage.world)
    assert [one.name for one in keeping.kept] == ["lfn:user:a b", "lfn:/b"]
