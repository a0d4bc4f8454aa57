"""Priorities, standings and the load limiter over HTTP."""

from __future__ import annotations

from gridwms.flow.load import DISK, LOAD_1, MEMORY, LoadLimiter
from gridwms.security.drain import Drain
from tests.api.house import HELLO, House


def test_priorities_are_ones_own(shared: House) -> None:
    key = shared.submit(user="ann")
    answer = shared.http("ann").post("/api/v1/jobs/priority", json={"jobs": [key], "priority": 7})
    [told] = answer.json()["jobs"]
    assert (told["done"], told["sentence"]) == (True, "priority 7 (was 0)")
    [refused] = shared.http("bob").post("/api/v1/jobs/priority", json={"jobs": [key], "priority": 9}).json()["jobs"]
    assert refused["error"]["code"] == "not_permitted"
    too_high = shared.http("ann").post("/api/v1/jobs/priority", json={"jobs": [key], "priority": 101})
    assert too_high.status_code == 422
    history = shared.http("ann").get(f"/api/v1/jobs/{key}/history").json()["events"]
    assert [one["text"] for one in history if one["type"] == "Prioritized"] == ["to 7 by ann"]


def test_a_submission_may_have_one_priority_for_all(shared: House) -> None:
    body = {"jobs": [{"jdl": HELLO}] * 2}
    answer = shared.http("ann").post("/api/v1/jobs", params={"priority": 3}, json=body)
    keys = [one["key"] for one in answer.json()["jobs"]]
    again = shared.http("ann").post("/api/v1/jobs/priority", json={"jobs": keys, "priority": 3}).json()["jobs"]
    assert [one["sentence"] for one in again] == ["its priority was 3 before"] * 2


def test_users_see_themselves_and_operators_everybody(shared: House) -> None:
    for user in ("ann", "bob"):
        shared.submit(user=user)
    mine = shared.http("ann").get("/api/v1/shares").json()
    assert {one["user"] for one in mine["shares"] if one["level"] == "user"} == {"ann"}
    every = shared.http("op").get("/api/v1/shares").json()
    assert {"ann", "bob"} <= {one["user"] for one in every["shares"] if one["level"] == "user"}
    vo = next(one for one in every["shares"] if one["level"] == "vo")
    assert vo["waiting"] >= 2 and vo["share"] == 1.0 and (every["on"], every["half_life_seconds"]) == (True, 604800.0)


def test_a_drained_service_takes_no_new_work_and_goes_on_with_the_rest(home: House) -> None:
    key = home.submit(user="ann")
    drain_file = home.data / ".drain"
    home.world.drain = Drain(drain_file)
    assert home.http("ann").post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 201
    drain_file.touch()
    refused = home.http("ann").post("/api/v1/jobs", json={"jdl": HELLO})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
    assert "Unavailable service (the server is temporarily drained)" in refused.json()["error"]["message"]
    assert int(refused.headers["Retry-After"]) > 0
    service = home.http("ann").get("/api/v1/service").json()
    assert not service["accepts"] and "it is drained: no new work is taken" in service["troubles"]
    home.deliver()
    assert home.http("ann").get(f"/api/v1/jobs/{key}").json()["state"] != "WAITING"
    assert home.http("ann").post(f"/api/v1/jobs/{key}/cancel").status_code == 200
    drain_file.unlink()
    assert home.http("ann").post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 201


def test_an_overloaded_service_refuses_work_and_says_when_to_come_again(home: House) -> None:
    key = home.submit(user="ann")
    vitals = {LOAD_1: 12.0, DISK: 20.0, MEMORY: 10.0}
    home.world.load = LoadLimiter({LOAD_1: 10, MEMORY: 95}, lambda: vitals)
    home.world.load.look()
    refused = home.http("ann").post("/api/v1/jobs", json={"jdl": HELLO})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    error = refused.json()["error"]
    assert error["code"] == "overloaded"
    assert "Threshold for Load Average(1 min): 10 => Detected value for Load Average(1 min): 12" in error["message"]
    service = home.http("ann").get("/api/v1/service").json()
    assert not service["accepts"] and not service["healthy"]
    assert {"name": LOAD_1, "value": 12.0, "limit": 10.0, "over": True} in service["load"]
    assert home.http("ann").post(f"/api/v1/jobs/{key}/cancel").status_code == 200, "what ends work goes on"
    vitals[MEMORY] = 99.0
    home.world.load.look()
    assert home.http("ann").post(f"/api/v1/jobs/{key}/cancel").status_code == 503, "until there is more"
    vitals |= {LOAD_1: 1.0, MEMORY: 10.0}
    home.world.load.look()
    assert home.http("ann").post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 201
