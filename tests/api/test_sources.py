"""Information sources over HTTP: everybody looks, operators ask them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridwms.classad import ClassAd
from gridwms.market import Market
from gridwms.market.sources.callable import CallableSource
from tests.api.house import House


class Told:
    """What the source of these tests says."""

    def __init__(self) -> None:
        self.ids = ["ce1", "ce2"]

    def __call__(self) -> list[ClassAd]:
        if not self.ids:
            raise OSError("the line is cut")
        disk = ClassAd.from_values({"GlueSEUniqueID": "se1"})
        return [ClassAd.from_values({"GlueCEUniqueID": one}) for one in self.ids] + [disk]


@pytest.fixture
def told(home: House) -> Iterator[Told]:
    """A market of two sources, `one` and `two`, that say the same."""
    before, said = home.world.market, Told()
    home.world.market = Market([CallableSource("one", 60.0, said), CallableSource("two", 60.0, said)])
    yield said
    home.world.market = before


def test_how_a_source_is(home: House, told: Told) -> None:
    olga = home.http("op")
    assert [one["condition"] for one in olga.get("/api/v1/sources").json()["sources"]] == ["new", "new"]
    found = olga.post("/api/v1/sources/one/refresh").json()
    assert (found["kind"], found["seconds"], found["resources"], found["storage"]) == ("site", 60.0, 2, 1)
    assert [(one["id"], one["kind"], one["believed"]) for one in found["entries"]] == [
        ("ce1", "resource", True), ("ce2", "resource", True), ("se1", "storage", True),
    ]  # fmt: skip
    assert found["entries"][0]["expires"] - found["entries"][0]["told"] == 180
    other = olga.post("/api/v1/sources/two/refresh").json()
    assert [one["believed"] for one in other["entries"]] == [False, False, False]
    assert other["resources"] == 0


def test_a_test_changes_nothing(home: House, told: Told) -> None:
    olga = home.http("op")
    olga.post("/api/v1/sources/one/refresh")
    version = home.world.market.snapshot.version
    told.ids = ["ce2", "ce3", "ce4"]
    trial = olga.post("/api/v1/sources/one/test").json()
    assert (trial["resources"], trial["new"], trial["changed"], trial["gone"]) == (3, 2, 0, 1)
    told.ids = []
    trial = olga.post("/api/v1/sources/one/test").json()
    assert "the line is cut" in trial["error"]
    assert home.world.market.snapshot.version == version
    assert olga.get("/api/v1/sources/one").json()["condition"] == "good"


def test_an_error_stays_to_be_read(home: House, told: Told) -> None:
    olga = home.http("op")
    olga.post("/api/v1/sources/one/refresh")
    ids, told.ids = told.ids, []
    broken = olga.post("/api/v1/sources/one/refresh").json()
    assert (broken["condition"], broken["failures"], broken["resources"]) == ("failing", 1, 2)
    assert "its last 2 resources are kept" in broken["error"]
    told.ids = ids
    well = olga.post("/api/v1/sources/one/refresh").json()
    assert (well["condition"], well["error"], well["last_error"]) == ("good", "", broken["error"])


def test_news_wake_the_matching(home: House, told: Told) -> None:
    olga, seen = home.http("op"), home.world.waiting.count
    olga.post("/api/v1/sources/one/refresh")
    assert home.world.waiting.count == seen + 1
    olga.post("/api/v1/sources/one/refresh")
    assert home.world.waiting.count == seen + 1


def test_users_only_look(home: House, told: Told) -> None:
    bob = home.http("bob")
    assert bob.get("/api/v1/sources").status_code == 200
    assert bob.get("/api/v1/sources/one").json()["entries"] == []
    assert bob.post("/api/v1/sources/one/refresh").status_code == 403
    assert bob.post("/api/v1/sources/one/test").status_code == 403


def test_no_such_source(home: House, told: Told) -> None:
    answer = home.http("op").post("/api/v1/sources/three/refresh")
    assert answer.status_code == 404
    assert "The sources are: one, two." in answer.text
