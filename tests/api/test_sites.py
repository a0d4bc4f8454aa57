"""Sites over HTTP: everybody looks, operators drain and resume."""

from __future__ import annotations

from tests.api.house import House


def test_drain_and_resume(home: House) -> None:
    olga = home.http("op")
    (name,) = [one["name"] for one in olga.get("/api/v1/sites").json()["sites"]]
    told = olga.post(f"/api/v1/sites/{name}/drain", json={"reason": "new disks"}).json()
    assert (told["accepts"], told["breaker"]) == (False, "closed")
    assert told["why"].endswith("new disks")
    assert told["closures"][0]["ends"] is None
    assert olga.get("/api/v1/sites").json()["sites"] == [told]
    told = olga.post(f"/api/v1/sites/{name}/resume").json()
    assert (told["accepts"], told["why"], told["closures"]) == (True, "", [])


def test_one_site_and_its_elements(home: House) -> None:
    olga = home.http("op")
    (listed,) = olga.get("/api/v1/sites").json()["sites"]
    told = olga.get(f"/api/v1/sites/{listed['name']}").json()
    elements = told.pop("elements")
    assert told == listed
    assert [one["ce"] for one in elements] == listed["resources"]
    assert all(one["breaker"] == "closed" and not one["spared"] for one in elements)
    assert olga.post("/api/v1/sites/release", json={"name": listed["name"]}).json() == {"released": 0}
    assert olga.post("/api/v1/sites/release", json={"name": "nowhere"}).status_code == 404
    assert olga.get("/api/v1/sites/nowhere").status_code == 404


def test_mistakes(home: House) -> None:
    http = home.http("op")
    assert http.post("/api/v1/sites/nowhere/drain", json={}).status_code == 404
    (name,) = [one["name"] for one in http.get("/api/v1/sites").json()["sites"]]
    assert http.post(f"/api/v1/sites/{name}/drain", json={"untli": 5}).status_code == 422
    assert http.post(f"/api/v1/sites/{name}/drain", json={"ends": 5}).status_code == 409


def test_users_only_look(home: House) -> None:
    bob = home.http("bob")
    (site,) = bob.get("/api/v1/sites").json()["sites"]
    assert bob.post(f"/api/v1/sites/{site['name']}/drain", json={}).status_code == 403
    assert bob.post(f"/api/v1/sites/{site['name']}/resume").status_code == 403
    assert bob.post("/api/v1/sites/release", json={"name": site["name"]}).status_code == 403
