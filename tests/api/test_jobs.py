from __future__ import annotations

import base64

import pytest

from tests.api.house import HELLO, House


def test_one_jdl_as_it_is(home: House) -> None:
    answer = home.http().post("/api/v1/jobs", content=HELLO, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201
    [job] = answer.json()["jobs"]
    assert job["id"] == f"{home.url}/jobs/{job['key']}"
    assert job["state"] == "WAITING"
    assert job["uploads"] == []


def test_refused_description_tells_all_problems_with_places(home: House) -> None:
    text = 'Executable = 5;\nShallowRewtryCount = 3;\nRetryCount = "x";'
    answer = home.http().post("/api/v1/jobs", json={"jdl": text})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "refused"
    assert {problem["line"] for problem in error["problems"]} >= {1, 3}
    assert all(problem["message"] for problem in error["problems"])


def test_good_ones_are_accepted_whatever_the_others_are(home: House) -> None:
    body = {"jobs": [{"jdl": HELLO}, {"jdl": "no jdl at all"}, {"jdl": HELLO}]}
    answer = home.http().post("/api/v1/jobs", json=body)
    assert answer.status_code == 201
    first, second, third = answer.json()["jobs"]
    assert first["id"]
    assert third["id"]
    assert second["id"] is None
    assert second["problems"]


def test_all_refused_of_many_is_no_success(home: House) -> None:
    answer = home.http().post("/api/v1/jobs", json={"jobs": [{"jdl": "x"}]})
    assert answer.status_code == 200
    assert answer.json()["jobs"][0]["id"] is None


def test_thousands_in_one_request(home: House) -> None:
    answer = home.http().post("/api/v1/jobs", json={"jobs": [{"jdl": HELLO}] * 3000})
    assert answer.status_code == 201
    keys = [job["key"] for job in answer.json()["jobs"]]
    assert len(set(keys)) == 3000
    states = home.http().post("/api/v1/jobs/status", json={"jobs": keys[:1000]}).json()["jobs"]
    assert [one["job"]["key"] for one in states] == keys[:1000]


@pytest.mark.parametrize("bytes_", [b"\xff\xfe", b'Executable = "/bin/\xe9";', b"a\0b", b""])
def test_bytes_that_are_no_text_are_refused_with_a_sentence(shared: House, bytes_: bytes) -> None:
    for body in (
        {"content": bytes_, "headers": {"Content-Type": "application/octet-stream"}},
        {"json": {"jdl_base64": base64.b64encode(bytes_).decode()}},
    ):
        answer = shared.http().post("/api/v1/jobs", **body)  # type: ignore[arg-type]
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["problems"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"jobs": []},
        {"jdl": "x", "jdl_base64": "eA=="},
        {"jdl_base64": "%%%"},
        {"jobs": "x"},
        [1],
        "x",
        {"jdl": 5},
    ],
)
def test_other_bodies_are_refused_in_the_one_form(shared: House, body: object) -> None:
    answer = shared.http().post("/api/v1/jobs", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_request"


def test_lists_are_paged_newest_first_and_mine(home: House) -> None:
    mine = [home.submit() for _ in range(5)]
    hers = home.submit(user="bob")
    http = home.http()
    seen, after = [], ""
    while True:
        page = http.get("/api/v1/jobs", params={"limit": 2} | ({"after": after} if after else {})).json()
        seen += [job["key"] for job in page["jobs"]]
        after = page["next"]
        if after is None:
            break
    assert seen == mine[::-1]
    everybody = home.http("op").get("/api/v1/jobs", params={"owner": "*"}).json()["jobs"]
    assert hers in [job["key"] for job in everybody]
    assert http.get("/api/v1/jobs", params={"state": "running"}).json()["jobs"] == []
    assert http.get("/api/v1/jobs", params={"state": "asleep"}).status_code == 422


def test_a_waiting_job_says_why(home: House) -> None:
    key = home.submit('[Executable = "/bin/true"; Requirements = other.GlueCEStateFreeJobSlots > 99;]')
    home.deliver()
    told = home.http().get(f"/api/v1/jobs/{key}/why").json()
    assert told["state"] == "WAITING"
    assert told["reason"]["code"] == "no_match"
    assert told["clauses"][0]["alone"] == 1
    job = home.http().get(f"/api/v1/jobs/{key}").json()
    assert job["reason"]["sentence"] == told["sentence"]


def test_history_is_told_in_words(home: House) -> None:
    key = home.done()
    events = home.http().get(f"/api/v1/jobs/{key}/history").json()["events"]
    kinds = [event["type"] for event in events]
    assert kinds[:4] == ["Registered", "Accepted", "Matched", "Delivered"]
    assert {"Running", "PayloadStarted", "Finished"} <= set(kinds)
    assert "1 of 1 resources match" in events[2]["text"]
    assert [int(event["cursor"]) for event in events] == sorted(int(event["cursor"]) for event in events)


def test_many_ends_are_told_one_by_one(home: House) -> None:
    done, waiting, hers = home.done(), home.submit(), home.submit(user="bob")
    asked = [waiting, f"{home.url}/jobs/{done}", hers, "0" * 22, "nonsense", waiting]
    told = home.http().post("/api/v1/jobs/cancel", json={"jobs": asked}).json()["jobs"]
    assert [one["asked"] for one in told] == asked
    assert (told[0]["done"], told[0]["state"]) == (True, "CANCELLED")
    assert (told[1]["done"], told[1]["state"]) == (False, "DONE")
    assert told[2]["error"]["code"] == "not_permitted"
    assert told[3]["error"]["code"] == told[4]["error"]["code"] == "unknown_job"
    assert told[5] == told[0]
    purged = home.http().post(f"/api/v1/jobs/{done}/purge").json()
    assert purged["done"]
    status = home.http().get(f"/api/v1/jobs/{done}").json()
    assert status["state"] == "PURGED"
    assert status["exit_code"] == 0


def test_match_and_check_submit_nothing(home: House) -> None:
    http = home.http()
    found = http.post("/api/v1/match", json={"jdl": HELLO}).json()
    assert [one["site"] for one in found["resources"]] == ["scripted"]
    assert http.post("/api/v1/check", json={"jdl": HELLO}).json()["ok"] is True
    assert http.post("/api/v1/check", content=b"x = ", headers={"Content-Type": "text/plain"}).json()["ok"] is False
    assert http.post("/api/v1/match", json={"jdl": "x = "}).status_code == 422
    assert http.post("/api/v1/match", json={"jobs": [{"jdl": HELLO}]}).status_code == 422
    assert http.get("/api/v1/jobs").json()["jobs"] == []


def test_the_market_is_shown(home: House) -> None:
    http = home.http()
    [resource] = http.get("/api/v1/resources").json()["resources"]
    assert resource["attributes"]["GlueCEStateStatus"] == '"Production"'
    [site] = http.get("/api/v1/sites").json()["sites"]
    assert site["resources"] == [resource["ce"]]
    home.world.troubles["scripted"] = "it does not answer"
    service = http.get("/api/v1/service").json()
    assert (service["you"], service["healthy"]) == ("ann", False)
    assert "does not answer" in service["troubles"][0]
