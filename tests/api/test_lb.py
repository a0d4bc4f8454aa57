"""The HTTP side of an L&B server: addresses of jobs, lists, queries, errors in its words."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import httpx
import pytest

from gridwms.bookkeeping.text_view import parse_page
from gridwms.bookkeeping.ulm import write_line
from tests.api.house import House
from tests.api.test_bookkeeping import about, log
from tests.bookkeeping import streams

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def lines(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["content-type"].startswith("text/plain"), answer.text
    return parse_page(answer.text)


def other_job(home: House) -> str:
    """A job of another system that lived under our own address, and has not begun."""
    job = f"https://{urlsplit(home.url).netloc}/rLdAgIGW8bsRpeTjuEcCfg"
    first = streams.of_job(streams.simple(random.Random(4))[0], job)[0]
    text = write_line(first).replace(streams.OWNER, "ann") + about("UserTag", job, "ann", name="note", value="<b>x</b>")
    assert log(home, text, "ann") == {"taken": 2, "refused": []}
    return job


def test_the_address_of_a_job_is_its_record(home: House) -> None:
    key = home.done()
    page = lines(home.http().get(f"/{key}?text"))
    assert (page["Job"], page["Status"], page["owner"]) == (f"{home.url}/jobs/{key}", "Done", "ann")
    assert page["done_code"] == "0"
    sent = home.http().get(f"/{key}", headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/jobs/{key}")


def test_so_is_that_of_a_job_of_another_system(home: House) -> None:
    job = other_job(home)
    unique = job.rpartition("/")[2]
    page = lines(home.http().get(f"/{unique}?text"))
    assert (page["Job"], page["Status"], page["user_tags"]) == (job, "Submitted", "note=<b>x</b>")
    shown = home.http().get(f"/{unique}", headers=HTML)
    assert "Submitted" in shown.text and "RegJob" in shown.text and "<b>" not in shown.text
    assert lines(home.http().get(f"/{unique}?flags=childstat&text"))["Status"] == "Submitted"


def test_the_jobs_of_a_user(home: House) -> None:
    first, second = home.submit(), home.submit()
    home.submit(user="bob")
    other = other_job(home)
    page = lines(home.http().get("/?text"))
    assert page["User_subject"] == "ann"
    ours = [f"{home.url}/jobs/{key}" for key in (second, first)]
    assert page["User_jobs"].split(",") == [*ours, other]
    shown = home.http().get("/", headers=HTML)
    assert shown.headers["content-type"].startswith("text/html")
    assert f'href="/jobs/{first}"' in shown.text and f'href="{urlsplit(other).path}"' in shown.text
    assert lines(home.http("bob").get("/?text&all"))["User_jobs"].count(",") == 0


def test_queries(home: House) -> None:
    done, waiting = home.done(), home.submit()
    for query, found in (
        ("status=done", [done]),
        ("status=done|=waiting|=submitted&lastupdatetime>past100", [waiting, done]),
        (f"jobid={home.url}/jobs/{done}", [done]),
    ):
        for form in (f"/?query={query}&text", f"/?text&query={query}", f"/?query={query}?text"):
            page = lines(home.http().get(form))
            assert [one[-22:] for one in page["User_jobs"].split(",")] == found, form
    told = home.http().get("/", params={"query": "status=running"})
    assert (told.status_code, lines(told)["Code"]) == (404, "2")


def test_the_front_and_what_anybody_may_know(home: House) -> None:
    assert home.http("").get("/").text.startswith("This is a gridwms service.")
    assert home.http("").get("/", headers=HTML).status_code == 200
    assert home.http().get("/").text.startswith("This is"), "programs that look whether somebody is there"
    assert lines(home.http("").get("/?version"))["Server_version"].startswith("gridwms ")
    assert lines(home.http("").get("/?configuration&text"))["Server_address"] == urlsplit(home.url).netloc
    home.submit()
    assert int(lines(home.http().get("/?stats"))["glite_jobs"]) == 1


@pytest.mark.parametrize(
    ("path", "user", "status", "code", "words"),
    [
        ("/?text", "", 401, "1", "Operation not permitted (The request shows no token"),
        ("/0000000000000000000000?text", "", 401, "1", ""),
        ("/0000000000000000000000?text", "ann", 404, "2", "No such file or directory (no matching jobs found)"),
        ("/?query=colour=red&text", "ann", 501, "22", "there is no attribute 'colour'"),
        ("/?query=status&text", "ann", 579, "22", "not a condition"),
        ("/?query=status=flying&text", "ann", 579, "22", ""),
        ("/NOTIF:nothing?text", "ann", 404, "2", "no such notification"),
    ],
)
def test_errors(shared: House, path: str, user: str, status: int, code: str, words: str) -> None:
    answer = shared.http(user).get(path)
    page = lines(answer)
    assert (answer.status_code, page["Code"]) == (status, code), answer.text
    assert words in page["Description"] and page["Error"]
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    elif path.count("?") == 1 and "&" not in path:
        shown = shared.http(user).get(path.partition("?")[0], headers=HTML)
        assert shown.status_code == status and "<h1>" in shown.text


def test_jobs_of_others_that_went_and_of_other_servers(home: House) -> None:
    key = home.submit(user="ann")
    answer = home.http("bob").get(f"/{key}?text")
    assert (answer.status_code, lines(answer)["Code"]) == (401, "1")
    key = home.done()
    home.http().post(f"/api/v1/jobs/{key}/purge")
    answer = home.http().get(f"/{key}?text")
    assert (answer.status_code, lines(answer)["Code"], lines(answer)["Error"]) == (410, "43", "Gone")
    assert "already purged" in lines(answer)["Description"]
    away = home.http().get("/rLdAgIGW8bsRpeTjuEcCfg?text", headers={"Host": "lb.example.org:9000"})
    assert lines(away)["Description"] == (
        "Invalid argument (https://lb.example.org:9000/rLdAgIGW8bsRpeTjuEcCfg: does not match server address "
        f"({urlsplit(home.url).netloc}))"
    )
    assert home.http().get("/favicon.ico").status_code == 404


def test_notifications(home: House) -> None:
    assert lines(home.http().get("/NOTIF?text"))["User_notifications"] == ""
    made = home.http().post("/api/v1/subscriptions", json={"target": "http://127.0.0.1:8080/"})
    made = made.json()
    ident = lines(home.http().get("/NOTIF?text"))["User_notifications"]
    assert ident == f"{home.url}/NOTIF:{made['key']}"
    page = lines(home.http().get(f"/NOTIF:{made['key']}?text"))
    assert (page["Notification"], page["destination"]) == (ident, "http://127.0.0.1:8080/")
    assert home.http("bob").get(f"/NOTIF:{made['key']}?text").status_code == 401
    assert ident in home.http().get("/NOTIF", headers=HTML).text
