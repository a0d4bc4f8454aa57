from __future__ import annotations

import pytest

from gridwms.api.desk import COOKIE
from tests.api.house import House, event

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_job_in_three_forms(home: House) -> None:
    key = home.done()
    http = home.http()
    page = http.get(f"/jobs/{key}", headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "DONE (OK)" in page.text
    assert "Registered" in page.text
    text = http.get(f"/jobs/{key}")
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text.startswith(f"job:        {home.url}/jobs/{key}\n")
    assert "history:" in text.text
    data = http.get(f"/jobs/{key}", headers={"Accept": "application/json"}).json()
    assert data["state"] == "DONE"


def test_what_comes_from_outside_is_only_text(home: House) -> None:
    evil = "<script>alert(1)</script>\"'&"
    key = home.submit('[Executable = "/bin/<b>x</b>"; usertags = [ note = "<img src=x onerror=alert(1)>" ];]')
    home.deliver()
    home.wrapper(key).post("/events", content=event("Running", 1, 1, node=evil))
    page = home.http().get(f"/jobs/{key}", headers=HTML)
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "<b>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    steering = event("Noticed", 1, 2, code="output_missing", **{"p.file": "\x1b[2J"})
    home.wrapper(key).post("/events", content=steering)
    assert "\x1b" not in home.http().get(f"/jobs/{key}").text


def test_a_browser_logs_in(home: House) -> None:
    key = home.submit()
    browser = home.http("")
    sent = browser.get(f"/jobs/{key}", headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/login?to={key}")
    assert f'value="{key}"' in browser.get(f"/login?to={key}").text
    wrong = browser.post("/login", data={"token": "gridwms-wrong", "to": key})
    assert wrong.status_code == 401
    assert "wrong" not in wrong.text
    done = browser.post("/login", data={"token": home.tokens["ann"] + "\n", "to": key})
    assert (done.status_code, done.headers["location"]) == (303, f"/jobs/{key}")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert home.tokens["ann"] not in cookie
    assert browser.cookies[COOKIE]
    assert browser.get(f"/jobs/{key}", headers=HTML).status_code == 200
    assert browser.post(f"/api/v1/jobs/{key}/cancel").status_code == 401
    browser.post("/logout")
    assert browser.get(f"/jobs/{key}", headers=HTML).status_code == 303


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "\\evil", "../../x", "%0d%0aSet-Cookie:a=b"])
def test_the_login_leads_nowhere_else(home: House, to: str) -> None:
    answer = home.http("").post("/login", data={"token": home.tokens["ann"], "to": to})
    assert answer.headers["location"].startswith("/jobs/")
    assert not answer.headers["location"].startswith("//")
    assert answer.headers["set-cookie"].startswith(COOKIE)


def test_without_a_token_nothing_is_told(home: House) -> None:
    key = home.submit()
    assert home.http("").get(f"/jobs/{key}").status_code == 401
    refused = home.http("bob").get(f"/jobs/{key}", headers=HTML)
    assert refused.status_code == 403
    assert home.http().get(f"/jobs/{'0' * 22}").status_code == 404
    assert home.http("").get("/").status_code == 200
