"""Compounds over HTTP: one handle, nodes in pages, files shared once and passed along the edges."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gridwms.jobs.ids import node_key
from tests.api.house import House, event

SWEEP = '[JobType = "Parametric"; Executable = "/bin/echo"; Arguments = "_PARAM_"; Parameters = 5; ParameterStart = 0;]'
CHAIN = """[
  Type = "dag"; InputSandbox = {"tool"}; ShallowRetryCount = 0;
  Nodes = [
    first = [ Description = [ Executable = "tool"; OutputSandbox = {"out"}; InputSandbox = {root.InputSandbox[0]}; ]; ];
    second = [ Description = [ Executable = "tool";
      InputSandbox = {root.InputSandbox[0], root.Nodes.first.Description.OutputSandbox[0]}; ]; ];
    Dependencies = { {first, second} };
  ];
]"""


def hand_in(http: httpx.Client, text: str) -> dict[str, Any]:
    answer = http.post("/api/v1/jobs", json={"jdl": text})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["jobs"][0])


def end(home: House, key: str, code: int = 0, **files: bytes) -> None:
    wrapper = home.wrapper(key)
    assert wrapper.post("/token?instance=i1", content=event("Running", 1, 1, node="wn")).text == "go\n"
    for name, content in files.items():
        assert wrapper.put(f"/output/{name}", content=content).status_code == 201
    assert wrapper.post("/events", content=event("Finished", 1, 2, exit_code=code)).status_code == 200


def test_one_handle_and_nodes_in_pages(home: House) -> None:
    http = home.http()
    made = hand_in(http, SWEEP)
    key = made["key"]
    assert (made["state"], made["nodes"], made["uploads"]) == ("WAITING", 5, [])
    shown = http.get(f"/api/v1/jobs/{key}").json()
    assert (shown["kind"], shown["histogram"], shown["failed"]) == ("parametric", {"WAITING": 5}, 0)
    first = http.get(f"/api/v1/jobs/{key}/nodes", params={"limit": 2}).json()
    rest = http.get(f"/api/v1/jobs/{key}/nodes", params={"after": first["next"]}).json()
    assert [node["node_name"] for node in (*first["jobs"], *rest["jobs"])] == [f"Node_{n}" for n in range(5)]
    assert rest["next"] is None
    assert first["jobs"][0]["parent"] == made["id"]
    assert http.get(f"/api/v1/jobs/{key}/nodes", params={"state": "DONE"}).json()["jobs"] == []
    assert http.get(f"/api/v1/jobs/{first['jobs'][0]['key']}/nodes").json()["error"]["code"] == "not_in_state"
    assert [job["key"] for job in http.get("/api/v1/jobs").json()["jobs"]] == [key]
    assert http.get(f"/api/v1/jobs/{key}/output").json()["error"]["code"] == "compound"
    assert "Of its 5 nodes 5 WAITING." in http.get(f"/api/v1/jobs/{key}/why").json()["sentence"]


def test_files_are_shared_and_passed_on(home: House) -> None:
    http = home.http()
    made = hand_in(http, CHAIN)
    [upload] = made["uploads"]
    assert (upload["key"], upload["name"]) == (made["key"], "tool")
    assert http.post("/api/v1/jobs/start", json={"jobs": [made["key"]]}).status_code == 409
    assert http.put(upload["url"], content=b"#!/bin/sh\n").status_code == 200
    [started] = http.post("/api/v1/jobs/start", json={"jobs": [made["id"]]}).json()["jobs"]
    assert started["state"] == "WAITING"
    assert http.put(upload["url"], content=b"other").status_code == 409
    first, second = (node_key(made["key"], number) for number in (0, 1))
    home.deliver()
    assert home.wrapper(first).get("/input/0").content == b"#!/bin/sh\n"
    assert http.get(f"/api/v1/jobs/{second}").json()["state"] == "SUBMITTED"
    assert "waits for 1 other nodes" in http.get(f"/api/v1/jobs/{second}/why").json()["sentence"]
    end(home, first, out=b"for the second")
    home.deliver()
    wrapper = home.wrapper(second)
    assert wrapper.get("/input/0").content == b"#!/bin/sh\n"
    assert wrapper.get("/input/1").content == b"for the second"
    end(home, second)
    shown = http.get(f"/api/v1/jobs/{made['key']}").json()
    assert (shown["state"], shown["reason"]["sentence"]) == ("DONE", "DAG successfully completed")


def test_what_failed_is_tried_again(home: House) -> None:
    http = home.http()
    made = hand_in(http, SWEEP)
    home.deliver()
    for number in range(5):
        end(home, node_key(made["key"], number), code=int(number == 3))
    shown = http.get(f"/api/v1/jobs/{made['key']}").json()
    assert (shown["state"], shown["exit_code"], shown["failed"]) == ("DONE", 1, 1)
    [bad] = http.get(f"/api/v1/jobs/{made['key']}/nodes", params={"failed": True}).json()["jobs"]
    assert (bad["node_name"], bad["exit_code"]) == ("Node_3", 1)
    assert home.http("bob").post(f"/api/v1/jobs/{made['key']}/retry").status_code == 403
    answer = http.post("/api/v1/jobs/retry", json={"jobs": [made["id"]]}).json()["jobs"][0]
    assert (answer["done"], answer["sentence"], answer["state"]) == (True, "1 nodes are tried again", "WAITING")
    assert http.get(f"/api/v1/jobs/{made['key']}").json()["histogram"] == {"WAITING": 1, "DONE": 4}


@pytest.mark.parametrize("verb", ["cancel", "clear", "purge"])
def test_ends_reach_all_nodes(home: House, verb: str) -> None:
    http = home.http()
    key = hand_in(http, SWEEP)["key"]
    if verb == "clear":
        home.deliver()
        for number in range(5):
            end(home, node_key(key, number))
    elif verb == "purge":
        refused = http.post(f"/api/v1/jobs/{key}/purge").json()
        assert (refused["done"], refused["sentence"]) == (False, "it is WAITING: cancel it first")
        http.post(f"/api/v1/jobs/{key}/cancel")
        assert not http.post(f"/api/v1/jobs/{node_key(key, 0)}/purge").json()["done"]
    answer = http.post(f"/api/v1/jobs/{key}/{verb}").json()
    state = {"cancel": "CANCELLED", "clear": "CLEARED", "purge": "PURGED"}[verb]
    assert (answer["done"], answer["state"]) == (True, state)
    assert http.get(f"/api/v1/jobs/{key}").json()["histogram"] == {state: 5}
    assert http.get(f"/api/v1/jobs/{node_key(key, 4)}").json()["state"] == state


def test_its_page_shows_the_nodes(home: House) -> None:
    http = home.http()
    key = hand_in(http, SWEEP)["key"]
    home.deliver()
    end(home, node_key(key, 2))
    page = http.get(f"/jobs/{key}", headers={"Accept": "text/html"}).text
    assert page.count("Node_") == 5
    assert f'href="/jobs/{node_key(key, 2)}"' in page
    assert "1 DONE" in page
    only = http.get(f"/jobs/{key}?state=DONE", headers={"Accept": "text/html"}).text
    assert only.count("Node_") == 1
    text = http.get(f"/jobs/{key}", headers={"Accept": "text/plain"}).text
    assert "5: 4 SCHEDULED, 1 DONE" in text


def test_the_stream_tells_of_the_whole(home: House) -> None:
    http = home.http()
    key = hand_in(http, SWEEP)["key"]
    http.post(f"/api/v1/jobs/{key}/cancel")
    told = []
    with http.stream("GET", "/api/v1/events", params={"after": "0"}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and key in line:
                told.append(line)
            if line.startswith("event: caught-up"):
                break
    assert any('"CompoundRegistered"' in line for line in told)
    assert any('"NodesState"' in line and '"CANCELLED"' in line for line in told)


MIXED = """[
  Type = "collection"; %s
  Nodes = {
    [ Executable = "/bin/a"; ], [ Executable = "/bin/b"; ],
    [ Executable = "/bin/a"; Requirements = other.GlueCEName == "nowhere"; ],
    [ Executable = "/bin/a"; Rank = 7; ], [ Executable = "/bin/c"; Requirements = other.GlueCEName == "nowhere"; ]
  };
]"""


def test_where_the_nodes_could_run(home: House) -> None:
    """Those that matching cannot tell apart are one line, whatever else they are."""
    http = home.http()
    found = http.post("/api/v1/match", json={"jdl": MIXED % ""}).json()
    assert [(one["nodes"], len(one["resources"])) for one in found["kinds"]] == [(2, 1), (2, 0), (1, 1)]
    assert [one["resources"][0]["rank"] for one in found["kinds"] if one["resources"]] == [-1.0, 7.0]
    assert found["kinds"][1]["reason"]["code"] == "no_match"
    assert (found["resources"], found["together"]) == ([], False)
    assert found["reason"] == found["kinds"][1]["reason"]
    assert "3 of 5 nodes could run now" in found["summary"]

    both = http.post("/api/v1/match", json={"jdl": SWEEP}).json()
    assert [(one["nodes"], one["summary"]) for one in both["kinds"]] == [(5, both["kinds"][0]["summary"])]
    assert (both["resources"], both["reason"]) == (both["kinds"][0]["resources"], None)
    together = http.post("/api/v1/match", json={"jdl": MIXED % "NodesCollocation = true;"}).json()
    assert together["together"] is True
    assert together["summary"].endswith("NodesCollocation: 0 computing elements take all of them")
    assert http.post("/api/v1/match", json={"jdl": '[Type = "collection"; Nodes = {}]'}).status_code == 422
