"""Bookkeeping over HTTP: events in and out, tags, access lists, and who may do what."""

from __future__ import annotations

import random

import pytest

from gridwms.bookkeeping.machine.replay import replay
from gridwms.bookkeeping.text_view import parse_page
from gridwms.bookkeeping.ulm import parse_line, write_line
from tests.api.house import HELLO, House
from tests.bookkeeping import streams

FOREIGN = "https://lb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA"


def lines(owner: str = "/CN=Zoe") -> list[str]:
    events = streams.of_job(streams.simple(random.Random(4))[0], FOREIGN)
    return [write_line(event).replace(streams.OWNER, owner) for event in events]


def log(home: House, text: str, user: str) -> dict[str, object]:
    answer = home.http(user).post("/api/v1/events", content=text.encode())
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def about(kind: str, job: str, user: str = "", **data: str) -> str:
    values = " ".join(f'DG.{kind.upper()}.{name.upper()}="{value}"' for name, value in data.items())
    who = f' DG.USER="{user}"' if user else ""
    return f'DATE=20260101000000 DG.EVNT="{kind}" DG.SOURCE="Application" DG.JOBID="{job}"{who} {values}\n'


def test_a_job_of_another_system_in_any_order(home: House) -> None:
    sent = lines()
    expected = replay(map(parse_line, sent)).status
    random.Random(1).shuffle(sent)
    for half in (sent[::2], sent[1::2], sent[::3]):
        assert log(home, "".join(half), "op") == {"taken": len(half), "refused": []}
    found = home.http("op").get("/api/v1/bookkeeping", params={"job": FOREIGN}).json()["job"]
    assert found["state"] == expected.state.word
    assert found["destination"] == expected.destination
    page = home.http("op").get("/api/v1/bookkeeping", params={"job": FOREIGN, "format": "text"}).text
    assert parse_page(page)["Status"] == expected.state.word
    told = home.http("op").get("/api/v1/bookkeeping/events", params={"job": FOREIGN, "format": "ulm"}).text
    assert replay(map(parse_line, told.splitlines())).status == expected
    assert len(told.splitlines()) == len(sent)


def test_our_own_jobs_speak_ulm_too(home: House) -> None:
    key = home.done('[Executable = "/bin/true"; OutputSandbox = {"out"}; UserTags = [Colour = "red"];]')
    told = home.http().get("/api/v1/bookkeeping/events", params={"job": key, "format": "ulm"}).text
    status = replay(map(parse_line, told.splitlines())).status
    assert (status.state.word, status.user_tags, status.job_id) == (
        "Done",
        (("colour", "red"),),
        f"{home.url}/jobs/{key}",
    )
    found = home.http().get("/api/v1/bookkeeping", params={"job": key}).json()["job"]
    assert (found["state_text"], found["owner"], found["exit_code"]) == ("Done (Success)", "ann", 0)
    page = home.http().get(f"/jobs/{key}?text", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/plain")
    assert parse_page(page.text)["user_tags"] == "colour=red"


def test_tags_are_said_and_the_last_one_counts(home: House) -> None:
    key = home.submit('[Executable = "/bin/true"; UserTags = [colour = "red"];]')
    http = home.http()
    answer = http.post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"Colour": "blue", "run": "7"}})
    assert answer.json()["jobs"] == [{"asked": key, "done": True, "error": None}]
    assert http.get(f"/api/v1/jobs/{key}").json()["user_tags"] == {"colour": "blue", "run": "7"}
    # A line that was spooled for years says nothing against what was said today.
    job = f"{home.url}/jobs/{key}"
    assert log(home, about("UserTag", job, "ann", name="run", value="6") * 2, "ann")["refused"] == []
    assert http.get(f"/api/v1/jobs/{key}").json()["user_tags"]["run"] == "7"
    types = [event["type"] for event in http.get(f"/api/v1/jobs/{key}/history").json()["events"]]
    assert types.count("Tagged") == 3
    bad = http.post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"two words": "x"}})
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "bad_remark")


def test_lines_that_are_refused_say_why_and_harm_no_other(home: House) -> None:
    key = home.submit()
    job = f"{home.url}/jobs/{key}"
    text = (
        about("UserTag", job, "ann", name="good", value="1")
        + "no event at all\n\n"
        + about("Running", job, "ann", node="wn")
        + about("UserTag", job, "bob", name="bad", value="1")
        + about("UserTag", f"{home.url}/jobs/{'0' * 22}", name="x", value="1")
        + about("CurDescr", job, descr="[]")
    )
    answer = home.http().post("/api/v1/events", content=text).json()
    assert answer["taken"] == 2
    assert [(one["line"], one["error"]["code"]) for one in answer["refused"]] == [
        (2, "bad_line"),
        (4, "not_loggable"),
        (5, "not_permitted"),
        (6, "unknown_job"),
    ]
    assert home.http().get(f"/api/v1/jobs/{key}").json()["user_tags"] == {"good": "1"}
    told = home.http().get("/api/v1/bookkeeping/events", params={"job": key, "format": "ulm"}).text
    assert 'DG.EVNT="CurDescr"' in told


def test_owners_let_others_in_and_out(home: House) -> None:
    key = home.submit()
    ann, bob = home.http("ann"), home.http("bob")
    paths = {"status": f"/api/v1/jobs/{key}", "read": f"/api/v1/jobs/{key}/history"}

    def share(change: str, permission: str, who: str = "bob", *, allow: bool = True) -> None:
        entry = {"who": who, "permission": permission, "allow": allow}
        answer = ann.post("/api/v1/jobs/share", json={"jobs": [key], "change": change, "entry": entry})
        assert answer.json()["jobs"][0]["done"], answer.text

    def may() -> set[str]:
        tag = bob.post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"a": "b"}}).json()["jobs"][0]["done"]
        found = {name for name, path in paths.items() if bob.get(path).status_code == 200}
        return found | ({"tag"} if tag else set())

    assert may() == set()
    share("add", "status")
    assert may() == {"status"}
    share("add", "tag")
    assert may() == {"status", "tag"}
    share("add", "read")
    assert may() == {"status", "tag", "read"}
    share("add", "read", allow=False)
    assert may() == {"status", "tag"}
    assert len(ann.get(f"/api/v1/jobs/{key}/access").json()["entries"]) == 4
    for permission in ("status", "tag", "read"):
        share("remove", permission)
    share("remove", "read", allow=False)
    assert may() == set()
    entry = {"who": "bob", "permission": "read"}
    mine = bob.post("/api/v1/jobs/share", json={"jobs": [key], "change": "add", "entry": entry}).json()
    assert mine["jobs"][0]["error"]["code"] == "not_permitted"
    assert bob.get(f"/api/v1/jobs/{key}/access").status_code == 403


def test_users_log_their_own_jobs_elsewhere_and_nobody_elses(home: House) -> None:
    assert log(home, "".join(line.replace("/CN=wms", "bob") for line in lines("bob")), "bob")["refused"] == []
    assert home.http("bob").get("/api/v1/bookkeeping", params={"job": FOREIGN}).status_code == 200
    for path in ("/api/v1/bookkeeping", "/api/v1/bookkeeping/events"):
        assert home.http("ann").get(path, params={"job": FOREIGN}).status_code == 403
    refused = home.http("ann").post("/api/v1/events", content=about("UserTag", FOREIGN, name="a", value="b")).json()
    assert refused["refused"][0]["error"]["code"] == "not_permitted"
    acl = {
        "user_id": "ann",
        "user_id_type": "DN",
        "permission": "READ",
        "permission_type": "ALLOW",
        "operation": "ADD",
    }
    assert log(home, about("ChangeACL", FOREIGN, **acl), "bob")["taken"] == 1
    assert home.http("ann").get("/api/v1/bookkeeping", params={"job": FOREIGN}).json()["job"]["owner"] == "bob"


@pytest.mark.parametrize(
    "job", ["https://lb.example.org:9000/BBBBBBBBBBBBBBBBBBBBBB", "x", "0" * 22, "https://a/" + "x" * 999]
)
def test_unknown_jobs(home: House, job: str) -> None:
    answer = home.http("op").get("/api/v1/bookkeeping", params={"job": job})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_job")


def test_the_rows_are_what_the_events_make(home: House) -> None:
    from gridwms.flow.audit import audit

    key = home.submit(HELLO)
    home.http().post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"a": "b"}})
    entry = {"who": "/vo/group", "permission": "read"}
    home.http().post("/api/v1/jobs/share", json={"jobs": [key], "change": "add", "entry": entry})
    assert list(audit(home.world.database)) == []
    home.world.database.write(lambda c: c.exec_driver_sql("UPDATE job_tags SET value = 'c'"))
    home.world.database.write(lambda c: c.exec_driver_sql("DELETE FROM job_access"))
    assert len(list(audit(home.world.database))) == 2
