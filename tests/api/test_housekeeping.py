"""Quotas and purging by age over HTTP."""

from __future__ import annotations

from dataclasses import replace

from gridwms.flow.world import Quota
from gridwms.jobs.states import State
from tests.api.house import HELLO, House

WITH_FILE = '[Executable = "a"; InputSandbox = {"a"};]'


def test_quotas_are_shown_warned_of_and_kept(home: House) -> None:
    home.world.settings = replace(home.world.settings, quota=Quota(bytes=1000, waiting=5))
    http = home.http()
    key = home.submit(WITH_FILE)
    assert http.put(f"/api/v1/jobs/{key}/input/0", content=b"x" * 900).status_code == 200
    [mine] = http.get("/api/v1/quota").json()["quotas"]
    assert mine == {
        "owner": "ann",
        "bytes": 900,
        "files": 1,
        "waiting": 1,
        "max_bytes": 1000,
        "max_files": None,
        "max_waiting": 5,
    }
    [warned] = http.post("/api/v1/jobs", json={"jdl": WITH_FILE}).json()["jobs"]
    assert [problem["code"] for problem in warned["problems"]] == ["quota"]
    over = http.put(f"/api/v1/jobs/{warned['key']}/input/0", content=b"x" * 101)
    assert (over.status_code, over.json()["error"]["code"]) == (507, "over_quota")
    many = http.post("/api/v1/jobs", json={"jobs": [{"jdl": HELLO}] * 4})
    assert (many.status_code, many.json()["error"]["code"]) == (429, "too_many_waiting")
    assert home.http("bob").get("/api/v1/quota", params={"owner": "ann"}).status_code == 403
    everybody = home.http("op").get("/api/v1/quota", params={"owner": "*"}).json()["quotas"]
    assert [one["owner"] for one in everybody] == ["ann"]


def test_purging_by_age(home: House) -> None:
    home.world.settings = replace(home.world.settings, keep_seconds={State.DONE: 100.0})
    done, bobs, cancelled = home.done(), home.done(user="bob"), home.submit()
    home.http().post(f"/api/v1/jobs/{cancelled}/cancel")
    job = home.http().get(f"/api/v1/jobs/{done}").json()
    assert job["kept_until"] == job["state_since"] + 100
    assert "kept until" in home.http().get(f"/jobs/{done}", headers={"Accept": "text/plain"}).text

    def purge(user: str = "ann", **asked: object) -> set[str]:
        answer = home.http(user).post("/api/v1/purge", json={"older": 0} | asked)
        assert answer.status_code == 200, answer.text
        return {one["key"] for one in answer.json()["jobs"]}

    def state(key: str) -> str:
        return str(home.http("op").get(f"/api/v1/jobs/{key}").json()["state"])

    assert purge(older=1000) == set()
    assert purge(dry_run=True) == {done, cancelled}
    assert purge("op", owner="*", dry_run=True) == {done, cancelled, bobs}
    assert [state(key) for key in (done, cancelled, bobs)] == ["DONE", "CANCELLED", "DONE"]
    assert purge(states=["DONE"]) == {done}
    assert [state(key) for key in (done, cancelled, bobs)] == ["PURGED", "CANCELLED", "DONE"]
    assert home.http().post("/api/v1/purge", json={"older": 0, "owner": "bob"}).status_code == 403
    assert home.http().post("/api/v1/purge", json={"older": 0, "states": ["HAPPY"]}).status_code == 422
    assert purge("op", owner="*") == {cancelled, bobs}
