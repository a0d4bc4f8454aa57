"""Questions over HTTP: conditions, pages, who may see what, and statistics."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from gridwms.bookkeeping.ulm import write_line
from gridwms.flow.bookkeeping import pages
from tests.api.house import House
from tests.bookkeeping import streams


def ask(home: House, q: str, user: str = "op", **more: object) -> dict[str, Any]:
    answer = home.http(user).get("/api/v1/query", params={"q": q} | more)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def keys(found: dict[str, Any]) -> list[str]:
    return [one["id"].rsplit("/", 1)[1] for one in found["jobs"]]


def all_pages(home: House, q: str, user: str = "op", limit: int = 2, **more: object) -> list[str]:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = ask(home, q, user, limit=limit, after=after, **more)
        assert len(page["jobs"]) <= limit
        found += keys(page)
        after = page["next"]
    return found


@pytest.fixture
def full(home: House) -> tuple[House, dict[str, str]]:
    """Jobs of ann and bob in several states, and three of another system."""
    jobs = {
        "red": home.submit('[Executable = "/bin/true"; UserTags = [colour = "red"];]'),
        "was red": home.submit('[Executable = "/bin/echo"; UserTags = [colour = "red"];]'),
        "bob's": home.submit(user="bob"),
    }
    jobs["done"] = home.done()
    home.http().post("/api/v1/jobs/tag", json={"jobs": [jobs["was red"]], "tags": {"colour": "blue"}})
    text = ""
    for number in range(3):
        job = f"https://lb.example.org:9000/{number:022d}"
        events = streams.of_job(streams.simple(random.Random(number))[0], job)
        text += "".join(map(write_line, events))
    assert home.http("op").post("/api/v1/events", content=text).json()["refused"] == []
    return home, jobs


def test_conditions(full: tuple[House, dict[str, str]]) -> None:
    home, jobs = full
    names = {key: name for name, key in jobs.items()}
    now = int(time.time())

    def asked(q: str, user: str = "op") -> set[str]:
        return {names.get(key, key[-1]) for key in keys(ask(home, q, user))}

    assert asked("") == {"red", "was red", "bob's", "done", "0", "1", "2"}
    assert asked("owner=ann") == {"red", "was red", "done"}
    assert asked("owner=ann&status=done") == {"done"}
    assert asked("owner<>ann&stateentertime>past600") == {"bob's"}
    assert asked("usertag(colour)=red") == {"red"}
    assert asked("usertag(COLOUR)=blue|=red") == {"red", "was red"}
    assert asked(f"jobid={home.url}/jobs/{jobs['red']}|={jobs['done']}") == {"red", "done"}
    assert asked("jobid=https://lb.example.org/0000000000000000000001") == {"1"}
    assert asked(f"time(done)>{now - 60}") == {"done"}
    assert asked(f"time(done)>{now + 60}&owner=ann") == set()
    assert asked("jdl(Executable)=/bin/echo") == {"was red"}
    assert asked("networkserver=wms:7443") == {"0", "1", "2"}
    assert asked(f"lastupdatetime>{now - 3600}&jobtype=simple") == set(jobs)
    assert asked("exitcode=0&donecode=ok&owner=ann") == {"done"}


def test_everybody_sees_what_is_theirs_or_shared(full: tuple[House, dict[str, str]]) -> None:
    home, jobs = full
    assert keys(ask(home, "", "bob")) == [jobs["bob's"]]
    entry = {"who": "bob", "permission": "status"}
    body = {"jobs": [jobs["red"], jobs["done"]], "change": "add", "entry": entry}
    home.http("ann").post("/api/v1/jobs/share", json=body)
    home.http("ann").post("/api/v1/jobs/share", json=body | {"jobs": [jobs["done"]], "entry": entry | {"allow": False}})
    assert set(keys(ask(home, "", "bob"))) == {jobs["bob's"], jobs["red"]}
    assert ask(home, "owner=ann", "bob", of="events")["events"] == []
    events = ask(home, "", "bob", of="events", events="type=RegJob")["events"]
    assert [one["job"].rsplit("/", 1)[1] for one in events] == [jobs["bob's"]]


def test_pages_hold_each_job_once(full: tuple[House, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    home, _ = full
    whole = keys(ask(home, ""))
    assert len(set(whole)) == 7
    for limit in (1, 2, 3, 7):
        assert all_pages(home, "", limit=limit) == whole
    assert all_pages(home, "", "ann") == keys(ask(home, "", "ann"))
    # Without any time at all each request still gets on, and in the end nothing is missing.
    monkeypatch.setattr(pages, "_FIRST_STRETCH", 1)
    monkeypatch.setattr(pages, "_LARGEST_STRETCH", 1)
    monkeypatch.setattr(pages.Pages.__init__, "__defaults__", ("", 0.0, 0, "", True))
    page = ask(home, "owner=ann")
    assert (len(page["jobs"]), page["whole"]) == (1, False)
    assert all_pages(home, "", limit=9) == whole


def test_events(full: tuple[House, dict[str, str]]) -> None:
    home, jobs = full
    found = ask(home, "owner=ann", of="events", events="type=UserTag&usertag(colour)=blue")["events"]
    assert [one["job"] for one in found] == [f"{home.url}/jobs/{jobs['was red']}"]
    found = ask(home, "", of="events", events="type=RegJob")["events"]
    assert len(found) == 7
    old = ask(home, "", of="events", events="time<1400000000&source=LRMS", limit=1000)["events"]
    assert old
    assert {one["source"] for one in old} == {"LRMS"}
    assert all("lb.example.org" in one["job"] for one in old)
    seen, after = 0, ""
    while after is not None:
        page = ask(home, "networkserver=wms:7443", of="events", events="", limit=4, after=after)
        seen, after = seen + len(page["events"]), page["next"]
    sent = sum(len(streams.simple(random.Random(number))[0]) for number in range(3))
    assert seen == sent


@pytest.mark.parametrize(
    "params",
    [
        {"q": "colour=red"},
        {"q": "status=flying"},
        {"q": "owner=" + "|=a" * 600},
        {"q": "", "after": "own-1; DROP TABLE jobs"},
        {"q": "", "events": "owner=ann", "of": "events"},
        {"q": "", "limit": "0"},
    ],
)
def test_what_is_not_understood(shared: House, params: dict[str, str]) -> None:
    answer = shared.http().get("/api/v1/query", params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_request")


def test_statistics(full: tuple[House, dict[str, str]]) -> None:
    home, _ = full
    places = home.http().get("/api/v1/statistics").json()["places"]
    [ours] = [one for one in places if one["ours"]]
    assert (ours["entered"]["Ready"], ours["entered"]["Running"], ours["entered"]["Done (OK)"]) == (4, 1, 1)
    assert (ours["success"], ours["took"]["Submitted to Done"]["count"]) == (1.0, 1)
    assert home.http().get("/api/v1/statistics", params={"begin": 0, "end": 1}).json()["places"] == []
    old = home.http().get("/api/v1/statistics", params={"begin": 1.2e9, "end": 1.4e9}).json()["places"]
    assert old
    assert not any(one["ours"] for one in old)
    for wrong in ({"begin": 2, "end": 1}, {"end": 1e300}, {"begin": "inf"}, {"begin": -1}, {"end": "nan"}):
        assert home.http().get("/api/v1/statistics", params=wrong).status_code == 422, wrong
