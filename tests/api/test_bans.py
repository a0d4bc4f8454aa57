"""Bans: at once, for users, VOs and groups; jobs wait with the reason; operators cannot lock all of them out."""

from __future__ import annotations

from gridwms.flow.explain import why
from gridwms.jobs.states import State
from gridwms.store import jobs as rows
from tests.api.house import HELLO, House


def test_a_user_is_banned_at_once_and_his_jobs_wait(home: House) -> None:
    op, ann = home.http("op"), home.http("ann")
    key = home.submit(user="ann")
    made = op.post("/api/v1/bans", json={"kind": "user", "name": "ann", "reason": "a stolen key"})
    assert (made.status_code, made.json()["by"]) == (200, "op")
    for method, path, body in (("POST", "/api/v1/jobs", {"jdl": HELLO}), ("GET", f"/api/v1/jobs/{key}", None)):
        refused = ann.request(method, path, json=body)
        assert refused.status_code == 403
        assert refused.json()["error"]["message"] == "The user ann is banned from this service: a stolen key."
    assert home.submit(user="bob"), "others go on"
    home.deliver()
    assert home.world.database.read(lambda c: rows.load(c, [key]))[key][1].state is State.WAITING
    assert why(home.world, key).sentence.startswith("The user ann is banned from this service: a stolen key;")
    assert [one["name"] for one in op.get("/api/v1/bans").json()["bans"]] == ["ann"]
    assert op.post("/api/v1/bans/lift", json={"kind": "user", "name": "ann"}).json() == {"bans": []}
    home.deliver()
    assert ann.get(f"/api/v1/jobs/{key}").json()["state"] != "WAITING"
    assert op.post("/api/v1/bans/lift", json={"kind": "user", "name": "ann"}).status_code == 404


def test_only_operators_ban_and_none_of_them_is_banned(home: House) -> None:
    assert home.http("ann").post("/api/v1/bans", json={"kind": "user", "name": "bob"}).status_code == 403
    home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "op"})
    assert home.http("op").get("/api/v1/jobs").status_code == 200
    assert home.http("op").post("/api/v1/bans", json={"kind": "planet", "name": "x"}).status_code == 422


def test_vos_and_groups(home: House) -> None:
    bans = home.world.bans
    op = home.http("op")
    op.post("/api/v1/bans", json={"kind": "vo", "name": "badvo"})
    op.post("/api/v1/bans", json={"kind": "group", "name": "/vo/bad"})
    assert bans.on("x", "badvo") and not bans.on("x", "vo")
    assert bans.on("x", "vo", ["/vo", "/vo/bad"]) and bans.on("x", "vo", ["/vo/bad/deep"])
    assert not bans.on("x", "vo", ["/vo/badly"])


def test_a_ban_ends_by_itself(home: House) -> None:
    now = home.world.clock()
    home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "ann", "ends": now + 1000})
    assert home.world.bans.on("ann")
    home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "ann", "ends": now - 1})
    assert home.world.bans.on("ann") is None
    assert home.http("ann").get("/api/v1/jobs").status_code == 200
