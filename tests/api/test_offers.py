"""Resources handed in over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gridwms.market import Market
from gridwms.market.sources.push import PushSource, Terms
from gridwms.store import offers
from tests.api.house import House

CE = "wn1.x:1/pilot-fork-default"
TERMS = {
    "pilots": Terms(who=frozenset({"ann", "factory"}), sites=("scripted",), max_seconds=3600.0, max_resources=5),
    "others": Terms(who=frozenset({"bob"})),
}


@pytest.fixture
def open_house(home: House) -> Iterator[House]:
    """With a market that takes what is handed in: `ann` may to `pilots`, `bob` to `others`."""
    world, market, settings = home.world, home.world.market, home.world.settings
    clock = world.clock

    def source(name: str) -> PushSource:
        def read() -> list[tuple[str, float]]:
            kept = world.database.read(lambda connection: offers.current(connection, name, world.clock()))
            return [(one.ad, one.expires_at) for one in kept]

        return PushSource(name=name, read=read)

    world.market = Market([source("pilots"), source("others")], clock=lambda: world.clock(), sites=["scripted"])
    world.settings = replace(settings, offers=TERMS)
    yield home
    for name in TERMS:
        names = [one.name for one in world.database.read(lambda c, n=name: offers.current(c, n, 0.0))]
        world.database.write(lambda c, n=name, gone=names: offers.remove(c, n, gone))
    world.market, world.settings, world.clock = market, settings, clock


def put(house: House, ce: str = CE, user: str = "ann", **values: object) -> tuple[int, dict[str, object]]:
    body = {"attributes": {"GlueCEStateFreeJobSlots": 1, "GlueCEStateStatus": "Production"} | values, "seconds": 60}
    answer = house.http(user).put(f"/api/v1/resources/{ce}", json=body, params={"source": "pilots"})
    return answer.status_code, answer.json()


def ids(house: House) -> list[str]:
    return [resource.id for resource in house.world.market.snapshot.resources]


def test_one_is_handed_in_renewed_and_taken_away(open_house: House) -> None:
    world = open_house.world
    seen = world.waiting.count
    status, told = put(open_house)
    assert status == 200, told
    assert told["taken"][0]["id"] == CE  # type: ignore[index]
    assert world.waiting.count > seen
    (resource,) = world.market.snapshot.resources
    assert (resource.ce_id, resource.site, resource.source) == (CE, "scripted", "pilots")
    version = world.market.snapshot.version
    assert put(open_house)[0] == 200
    assert world.market.snapshot.version == version
    gone = open_house.http().delete(f"/api/v1/resources/{CE}", params={"source": "pilots"})
    assert gone.json()["dropped"] == [CE]
    assert ids(open_house) == []
    again = open_house.http().delete(f"/api/v1/resources/{CE}", params={"source": "pilots"})
    assert again.status_code == 404


def test_what_is_not_renewed_goes(open_house: House) -> None:
    world = open_house.world
    now = 1_000_000.0
    world.clock = lambda: now
    put(open_house)
    now += 59
    world.market.expire()
    assert ids(open_house) == [CE]
    now += 1
    world.market.expire()
    assert ids(open_house) == []


def test_another_instance_reads_what_was_taken_in(open_house: House) -> None:
    put(open_house)
    world = open_house.world
    text = lambda: world.database.read(lambda c: offers.current(c, "pilots", world.clock()))  # noqa: E731
    other = Market([PushSource(name="pilots", read=lambda: [(one.ad, one.expires_at) for one in text()])])
    (resource,) = other.refresh("pilots").resources
    assert resource.ad == world.market.snapshot.resources[0].ad
    assert other.times(resource) == (pytest.approx(world.clock(), abs=60), text()[0].expires_at)
    open_house.http().delete("/api/v1/resources", params={"source": "pilots"})
    assert other.refresh("pilots").resources == ()
    assert other.health()[0].error == ""


def test_many_at_once_each_for_itself(open_house: House) -> None:
    http = open_house.http("ann")
    good = [{"attributes": {"GlueCEUniqueID": f"wn{n}.x/a-b-c"}} for n in range(3)]
    bad = [
        {"attributes": {}},
        {"attributes": {"GlueCEUniqueID": "w/a-b-c", "GridwmsSite": "elsewhere"}},
        {"attributes": {"GlueCEUniqueID": "w/a-b-c", "Requirements": "(("}},
        {"attributes": {"GlueCEUniqueID": "w/a-b-c"}, "seconds": -1},
    ]
    told = http.put("/api/v1/resources", json={"source": "pilots", "resources": [*good, *bad]}).json()
    assert [one["id"] for one in told["taken"]] == [f"wn{n}.x/a-b-c" for n in range(3)]
    assert [one["number"] for one in told["refused"]] == [3, 4, 5, 6]
    assert "may not lead to the site 'elsewhere'" in told["refused"][1]["error"]["message"]
    more = [{"attributes": {"GlueCEUniqueID": f"v{n}.x/a-b-c"}} for n in range(4)]
    told = http.put("/api/v1/resources", json={"source": "pilots", "resources": more}).json()
    assert len(told["taken"]) == 2
    assert "takes 5 resources at most" in told["refused"][0]["error"]["message"]
    told = http.put("/api/v1/resources", json={"source": "pilots", "resources": good[:1], "replace": True}).json()
    assert len(told["dropped"]) == 4
    assert ids(open_house) == ["wn0.x/a-b-c"]


def test_time_is_limited(open_house: House) -> None:
    body = {"source": "pilots", "seconds": 10**9, "resources": [{"attributes": {"GlueCEUniqueID": CE}}]}
    (one,) = open_house.http().put("/api/v1/resources", json=body).json()["taken"]
    assert one["expires_at"] == pytest.approx(open_house.world.clock() + 3600, abs=60)


def test_only_who_is_named(open_house: House) -> None:
    assert put(open_house, user="bob")[0] == 403
    assert open_house.http("bob").delete("/api/v1/resources", params={"source": "pilots"}).status_code == 403
    assert put(open_house)[0] == 200
    assert put(open_house, user="op")[0] == 200  # an operator may replace it, and then owns it
    status, told = put(open_house)
    assert status == 403
    assert "handed in by somebody else" in str(told)
    mine = open_house.http().delete(f"/api/v1/resources/{CE}", params={"source": "pilots"})
    assert mine.status_code == 403
    assert ids(open_house) == [CE]


def test_a_source_that_takes_nothing(open_house: House) -> None:
    http = open_house.http("op")
    answer = http.put(f"/api/v1/resources/{CE}", json={}, params={"source": "nowhere"})
    assert answer.status_code == 404
    assert 'Sources of kind "push" are: pilots, others.' in answer.json()["error"]["advice"]
    assert http.put(f"/api/v1/resources/{CE}", json={"attributes": {"x": "y" * 300_000}}).status_code == 404
    long = http.put(f"/api/v1/resources/{CE}", json={"attributes": {"x": "y" * 300_000}}, params={"source": "pilots"})
    assert long.status_code == 409


def test_a_job_that_waited_finds_what_is_handed_in(open_house: House) -> None:
    key = open_house.submit()
    open_house.deliver()
    http = open_house.http()
    assert http.get(f"/api/v1/jobs/{key}").json()["state"] == "WAITING"
    put(open_house, GlueCEStateEstimatedResponseTime=0)
    open_house.deliver()
    found = http.get(f"/api/v1/jobs/{key}").json()
    assert (found["state"], found["ce"]) == ("SCHEDULED", CE)
