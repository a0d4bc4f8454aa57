from __future__ import annotations

import httpx
import pytest

from gridwms.jobs.ids import tag_of
from tests.api.house import House, event


def test_the_life_of_a_wrapper(home: House) -> None:
    key = home.submit()
    home.deliver()
    wrapper = home.wrapper(key)
    running = event("Running", 1, 1, node="wn 17")
    assert wrapper.post("/events", content=running).text == "go on\n"
    assert wrapper.post("/token?instance=i1", content=running).text == "go\n"
    assert wrapper.post("/token?instance=i1", content="").text == "go\n"
    other = wrapper.post("/token?instance=i2", content="")
    assert other.status_code == 409
    assert other.text.splitlines()[0] == "stop"
    assert wrapper.put("/output/out", content=b"hello").status_code == 201
    assert wrapper.put("/output/secret", content=b"hello").status_code == 404
    noticed = event("Noticed", 1, 2, code="output_missing", **{"p.file": "x & y"})
    finished = event("Finished", 1, 3, exit_code=7, real="1.5")
    assert wrapper.post("/events", content=noticed + finished).text == "go on\n"
    job = home.http().get(f"/api/v1/jobs/{key}").json()
    assert (job["state"], job["done_code"], job["exit_code"], job["node"]) == ("DONE", "OK", 7, "wn 17")
    texts = [one["text"] for one in home.http().get(f"/api/v1/jobs/{key}/history").json()["events"]]
    assert "Cannot read or missing file x & y" in texts
    assert "exit code 7 after 1.5 s" in texts


def test_a_cancelled_attempt_is_told_to_stop(home: House) -> None:
    key, wrapper = home.running()
    home.http().post(f"/api/v1/jobs/{key}/cancel")
    assert wrapper.post("/events", content="").text == "stop\n"


def test_answers_are_plain_text_that_a_shell_can_read(home: House) -> None:
    key, wrapper = home.running()
    for answer in (
        wrapper.post("/events", content="type=Nonsense"),
        wrapper.post("/token", content=""),
        wrapper.get("/input/x"),
        wrapper.put("/peek/out?offset=-1", content=b""),
        httpx.get(f"{home.url}/worker/v1/gw-x-1/peek", trust_env=False),
        httpx.get(f"{home.url}/worker/v1/{tag_of(key, 1)}/peek", trust_env=False),
    ):
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.text.count("\n") == 1


def test_the_capability_opens_its_attempt_alone(home: House) -> None:
    key, _ = home.running()
    other = home.submit()
    capability = home.world.capability(tag_of(key, 1))
    headers = {"Authorization": f"Bearer {capability}"}
    for tag in (tag_of(other, 1), tag_of(key, 2)):
        answer = httpx.get(f"{home.url}/worker/v1/{tag}/peek", headers=headers, trust_env=False)
        assert answer.status_code == 401
    assert httpx.get(f"{home.url}/api/v1/jobs/{key}", headers=headers, trust_env=False).status_code == 401
    token = {"Authorization": f"Bearer {home.tokens['op']}"}
    answer = httpx.get(f"{home.url}/worker/v1/{tag_of(key, 1)}/peek", headers=token, trust_env=False)
    assert answer.status_code == 401


def test_an_attempt_that_was_never_made_is_unknown(home: House) -> None:
    key = home.submit()
    assert home.wrapper(key, 3).post("/events", content="").status_code == 404


@pytest.mark.parametrize("size", [5 << 20])
def test_too_many_event_lines_are_refused(home: House, size: int) -> None:
    _, wrapper = home.running()
    assert wrapper.post("/events", content=b"x" * size).status_code == 413
