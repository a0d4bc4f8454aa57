"""Jobs with input data from submission to their place, and why they wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.catalogue.contract import CatalogueError
from gridwms.describe.data import KnownCatalogue
from gridwms.flow.check import match
from gridwms.flow.data.locator import Asked, Locator
from gridwms.flow.explain import why
from gridwms.flow.schedule import Scheduler
from gridwms.jobs.states import State
from gridwms.match.matching import Matching
from tests.flow.conftest import Stage, place
from tests.flow.data.test_locator import FakeCatalogue

READS = 'DataAccessProtocol = {"gsiftp"}; '


def close(*hosts: str) -> dict[str, object]:
    """Close storage elements that all speak gsiftp."""
    protocols = [{"GlueSEAccessProtocolType": "gsiftp"}]
    elements = [{"GlueCESEBindSEUniqueID": host, "GlueSEAccessProtocol": protocols} for host in hosts]
    return {"CloseStorageElements": elements}


@pytest.fixture
def catalogue(stage: Stage) -> FakeCatalogue:
    """A catalogue, and three places: near se1; near se1 and se2; near none."""
    fake = FakeCatalogue(hosts={"lfn:a": ("se1",), "lfn:b": ("se2", "se3"), "lds:far": ("se9",)})
    known = KnownCatalogue(name="fake", type="FILE")
    stage.world.data = Locator([Asked(catalogue=fake, known=known)], stage.world.clock)
    stage.market.put(place(1, **close("se1")), place(2, **close("se1", "se2")), place(3))
    return fake


def settle(stage: Stage) -> None:
    """Match, ask, match."""
    stage.schedule()
    stage.world.data.ask("fake")
    stage.schedule()


def test_a_job_goes_where_most_of_its_files_are(stage: Stage, catalogue: FakeCatalogue) -> None:
    (one,) = stage.submit(READS + 'InputData = {"lfn:a"};')
    (two,) = stage.submit(READS + 'InputData = {"lfn:a", "lfn:b"};')
    stage.schedule()
    assert [stage.job(key).state for key in (one, two)] == [State.WAITING, State.WAITING]
    assert why(stage.world, one).sentence == "The catalogue fake is being asked where its input data lies."
    stage.world.data.ask("fake")
    stage.schedule()
    assert [stage.job(key).attempts[0].ce[:3] for key in (one, two)] == ["ce1", "ce2"]
    assert catalogue.asked == [["lfn:a", "lfn:b"]]


def test_a_catalogue_that_is_down_makes_jobs_wait_and_says_so(stage: Stage, catalogue: FakeCatalogue) -> None:
    catalogue.down = CatalogueError("lfc.example.org:8085 does not answer in time")
    (key,) = stage.submit(READS + 'InputData = "lfn:a";')
    settle(stage)
    answer = why(stage.world, key)
    assert answer.reason is not None and answer.reason.code == "catalogue_silent"
    assert "lfc.example.org:8085 does not answer in time" in answer.sentence
    catalogue.down = None
    stage.pass_time(10)
    settle(stage)
    assert stage.job(key).state is State.READY


def test_files_that_nobody_knows_make_jobs_wait(stage: Stage, catalogue: FakeCatalogue) -> None:
    (key,) = stage.submit(READS + 'InputData = "lfn:none";')
    settle(stage)
    assert "knows none of its input data (lfn:none)" in why(stage.world, key).sentence
    catalogue.hosts["lfn:none"] = ("se2",)
    stage.pass_time(61)
    settle(stage)
    assert stage.job(key).attempts[0].ce.startswith("ce2")


def test_data_that_is_nowhere_near_is_counted(stage: Stage, catalogue: FakeCatalogue) -> None:
    (key,) = stage.submit(READS + 'InputData = "lds:far";')
    settle(stage)
    answer = why(stage.world, key)
    assert answer.reason is not None and answer.reason.code == "no_match"
    assert "input_data alone rejects 3" in answer.sentence


def test_data_that_moved_is_matched_anew(stage: Stage, catalogue: FakeCatalogue) -> None:
    scheduler = Scheduler(stage.world)
    (key,) = stage.submit(READS + 'InputData = "lds:far";')
    scheduler.round()
    stage.world.data.ask("fake")
    scheduler.round()
    assert stage.job(key).state is State.WAITING
    catalogue.hosts["lds:far"] = ("se1",)
    stage.pass_time(700)
    stage.world.data.ask("fake")
    scheduler.round()
    assert stage.job(key).state is State.READY


def test_a_class_is_matched_once_however_often_the_rounds(
    stage: Stage, catalogue: FakeCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.submit(READS + 'InputData = "lds:far";', count=5)
    scheduler = Scheduler(stage.world)
    scheduler.round()
    stage.world.data.ask("fake")
    calls: list[object] = []
    on = Matching.on
    monkeypatch.setattr(Matching, "on", lambda self, *args, **more: calls.append(1) or on(self, *args, **more))
    for _ in range(5):
        scheduler.round()
        stage.pass_time(700)
        stage.world.data.ask("fake")
    assert len(calls) == 1


def test_a_named_element_needs_no_data(stage: Stage, catalogue: FakeCatalogue) -> None:
    ce = place(3).ce_id
    (key,) = stage.submit(READS + f'InputData = "lfn:a"; SubmitTo = "{ce}";')
    stage.schedule()
    assert stage.job(key).attempts[0].ce == ce


def test_listing_shows_all_that_are_near_any_file(stage: Stage, catalogue: FakeCatalogue) -> None:
    text = f'[Executable = "/bin/true"; {READS} InputData = {{"lfn:a", "lfn:b"}};]'.encode()
    found = match(stage.world, text)
    assert [one.ce_id[:3] for one in found.candidates] == ["ce1", "ce2"]


def test_what_no_catalogue_serves_is_refused_at_submit(stage: Stage, catalogue: FakeCatalogue) -> None:
    defaults = replace(stage.world.settings.jdl_defaults, catalogues=stage.world.data.catalogues)
    stage.world.settings = replace(stage.world.settings, jdl_defaults=defaults)
    with pytest.raises(AssertionError, match=r"accepted: fake \(FILE\)"):
        stage.submit(READS + 'DataRequirements = [InputData = "lfn:a"; DataCatalogType = "DLI"];')
    stage.submit(READS + 'InputData = "lfn:a";')
