"""The commands of L&B: what they take, and what they say when it goes wrong."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from gridwms.bookkeeping.compose import BadEvent, compose
from gridwms.glite.books import registrations, shared
from gridwms.glite.failure import Failure
from gridwms.glite.lb import record_server
from tests.glite.conftest import Said
from tests.glite.fake import Fake

Books = Callable[..., Said]
JOB = "https://lb.example.org:9000/AbCdEfGhIjKlMnOpQrStUv"


@pytest.fixture
def books(user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Books:
    """`books("job_status", id)`: a command as its console script runs it."""

    def command(name: str, *words: object) -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        capsys.readouterr()
        code = shared.call(import_module(f"gridwms.glite.books.{name}").COMMAND, [str(word) for word in words])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command


def test_job_status(fake: Fake, books: Books) -> None:
    job = fake.job("one", "Cleared", exit_code=0, user_tags={"a": "b"}, destination=None)
    said = books("job_status", job, f"{fake.base}/gone")
    lines = said.out.splitlines()
    assert lines[:3] == ["state :  Cleared", f"jobId : {job}", "owner : /DC=org/O=Users/CN=Alice"]
    assert "destination : (null)" in lines
    assert "user_tags : a=b" in lines
    at = lines.index("stateEnterTimes : ")
    assert lines[at + 1] == "     Undefined      - not available -"
    assert lines[at + 2] == "     Submitted      Tue Mar  3 09:02:11 2009 UTC"
    assert said.err == f"{fake.base}/gone: No such file or directory (no matching jobs found)\n"
    assert said.code == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("logevent", "-s", "LRMS", "-e", "Running"), "name the job"),
        (("logevent", "-s", "nobody", "-e", "Running", "-j", JOB), "'nobody' is not a source of events"),
        (("logevent", "-s", "LRMS", "-e", "Nothing", "-j", JOB), "'Nothing' is not the type of an event"),
        (("logevent", "-s", "LRMS", "-e", "Running", "-j", JOB, "-c", "x"), "'x' is no sequence code"),
        (("logevent", "-s", "LRMS", "-e", "Running", "-j", JOB, "--reason=x"), "Running takes node"),
        (("logevent", "-s", "LRMS", "-e", "Running", "-j", "nothing", "--node=x"), "'nothing' is no job id"),
        (("logevent", "--nothing"), "option --nothing not recognized"),
        (("job_log",), "name a job"),
        (("job_status",), "name a job"),
        (("job_reg", "-n", "x"), "invalid literal"),
        (("job_reg",), "name a server"),
        (("user_jobs",), "name a server"),
        (("change_acl", JOB), "name the job and who it is about"),
        (("change_acl", JOB, "me", "DN", "EAT"), "--permission is one of READ, TAG, not 'EAT'"),
        (("purge", "-m", "h", "-c", "soon"), "'soon' is no age"),
        (("purge", "-m", "h", "-s"), "--server-dump is not there"),
        (("notify",), "say what to do"),
        (("notify", "drop"), "name one notification"),
        (("load", "-f", "/nonexistent", "-m", "h"), "No such file"),
        (("statistics", "-f", "x"), "could not convert"),
        (("dump", "-m", "h", "-f", "x"), "--from takes seconds"),
    ],
)
def test_what_is_refused(books: Books, words: tuple[str, ...], told: str) -> None:
    said = books(*words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "Usage: glite-lb-" in said.err


def test_a_server_that_is_away(books: Books) -> None:
    said = books(
        "logevent", "-s", "LRMS", "-e", "Done", "-j", "https://127.0.0.1:1/x", "--status_code=OK", "--exit_code=0"
    )
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("glite-lb-logevent: Connection refused (")
    said = books("user_jobs", "-m", "127.0.0.1:1")
    assert (said.code, "Connection refused" in said.err) == (1, True)


def test_where_records_are(monkeypatch: pytest.MonkeyPatch, user: Path) -> None:
    assert record_server(JOB) == "lb.example.org:9000"
    monkeypatch.setenv("GLITE_WMS_QUERY_SERVER", "other.example.org")
    assert record_server(JOB) == "lb.example.org:9000"
    monkeypatch.setenv("GLITE_WMS_QUERY_SERVER_OVERRIDE", "yes")
    assert record_server(JOB) == "other.example.org:9000"


def test_composing_lines() -> None:
    line = compose(JOB, "usertag", {"name": "a", "value": 'b "c"'}, source="application", host="h", now=1236070931.5)
    assert line.startswith('DATE=20090303090211.500000 HOST="h"')
    assert 'DG.USERTAG.VALUE="b \\"c\\""' in line
    with pytest.raises(BadEvent, match=r"number") as caught:
        compose(JOB, "Done", {"exit_code": "x", "status_code": "OK"}, source="LRMS", host="h", now=0)
    assert caught.value.what == "attribute"


def test_registrations(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = registrations.new_id("lb.example.org:9000")
    registrations.save(registrations.Registration(name, "lb.example.org:9000", ends=4e9, jobs=[JOB]))
    with registrations.changed(name) as one:
        one.cursor = "7"
    assert registrations.load(name).cursor == "7"
    assert registrations.folder().stat().st_mode & 0o077 == 0
    with registrations.changed(name) as one:
        one.ends = 1.0
    with pytest.raises(Failure, match="has run out"):
        registrations.load(name)
    for wrong in ("nothing", "https://lb.example.org:9000/NOTIF:..", JOB):
        with pytest.raises(Failure):
            registrations.load(wrong)
