"""L&B over SOAP: a client made of the WSDL alone, strict about types."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import requests
import zeep
from zeep.transports import Transport

from gridwms.api.lb_soap.structures import NAMESPACE
from tests.api.house import House
from tests.api.test_lb import other_job

TAGGED = '[Executable = "/bin/true"; OutputSandbox = {"out"}; UserTags = [colour = "red"];]'


def client(home: House, user: str = "ann") -> Any:
    session = requests.Session()
    if user:
        session.headers["Authorization"] = f"Bearer {home.tokens[user]}"
    session.trust_env = False
    made = zeep.Client(f"{home.url}/?wsdl", transport=Transport(session=session), settings=zeep.Settings(strict=True))
    return made.service


def test_jobs_and_their_states(home: House) -> None:
    key = home.done(TAGGED)
    other = other_job(home)
    lb = client(home)
    assert lb.GetVersion().startswith("gridwms ") and lb.GetInterfaceVersion() == "4.0"
    job = f"{home.url}/jobs/{key}"
    for name in (job, key, f"{home.url}/{key}".replace("http:", "https:")):
        stat = lb.JobStatus(name, {"flag": ["CLASSADS"]})
        assert (stat.state, stat.jobId, stat.owner, stat.doneCode, stat.exitCode) == ("DONE", job, "ann", "OK", 0)
    assert [(tag.tag, tag.value) for tag in stat.userTags] == [("colour", "red")]
    assert stat.stateEnterTime.tvSec > 1_600_000_000 and "RUNNING" in [one.state for one in stat.stateEnterTimes]
    found = lb.UserJobs()
    assert found.jobs == [job, other] and [one.state for one in found.states] == ["DONE", "SUBMITTED"]
    asked: list[dict[str, Any]] = [
        {"attr": "STATUS", "record": [{"op": "EQUAL", "value1": {"c": "done"}}, {"op": "EQUAL", "value1": {"i": 5}}]},
        {"attr": "USERTAG", "tagName": "colour", "record": [{"op": "EQUAL", "value1": {"c": "red"}}]},
        {"attr": "LASTUPDATETIME", "record": [{"op": "GREATER", "value1": {"t": {"tvSec": 1, "tvUsec": 0}}}]},
    ]
    assert lb.QueryJobs(asked, {"flag": []}).jobs == [job]


@pytest.mark.parametrize(
    ("user", "code", "words"),
    [("ann", 2, "no matching jobs found"), ("", 1, "shows no token"), ("bob", 1, "belongs to ann")],
)
def test_faults(home: House, user: str, code: int, words: str) -> None:
    key = "0" * 22 if user == "ann" else home.submit(user="ann")
    with pytest.raises(zeep.exceptions.Fault) as caught:
        client(home, user).JobStatus(f"{home.url}/jobs/{key}", {"flag": []})
    detail = caught.value.detail[0]
    assert detail.tag == f"{{{NAMESPACE}}}genericFault"
    assert detail.findtext("code") == str(code) and words in detail.findtext("description")


def test_what_is_no_question(home: House) -> None:
    lb = client(home)
    for asked in (
        [{"attr": "OWNER", "record": [{"op": "LESS", "value1": {"c": "x"}}]}],
        [{"attr": "STATUS", "record": [{"op": "CHANGED"}]}],
        [{"attr": "EVENTTYPE", "record": [{"op": "EQUAL", "value1": {"i": 1}}]}],
    ):
        with pytest.raises(zeep.exceptions.Fault):
            lb.QueryJobs(asked, {"flag": []})
    http = home.http()
    for body in (b"", b"<x/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"x" * 2_000_000):
        answer = http.post("/", content=body, headers={"Content-Type": "text/xml"})
        assert answer.status_code == 500 and "Fault" in answer.text, answer.text[:200]
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<Fly xmlns="{NAMESPACE}"/></e:Body></e:Envelope>'
    )
    told: httpx.Response = http.post("/", content=envelope)
    assert "There is no operation" in told.text
