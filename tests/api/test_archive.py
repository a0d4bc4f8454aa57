"""The archive over HTTP: what ended long ago leaves the database, stays searchable, and comes back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gridwms.archive import files
from gridwms.bookkeeping.ulm import write_line
from gridwms.flow.archive.directory import NoArchive
from gridwms.flow.archive.keep import archive_old
from gridwms.flow.audit import audit
from gridwms.store.tables import attempts, events, jobs, lb_events, lb_jobs
from tests.api.house import House
from tests.bookkeeping import streams

FOREIGN = "https://lb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
def old(home: House, tmp_path: Path) -> tuple[House, str, str]:
    """A purged job of ann with a tag and an entry in its access list, one that lives, and one of another system."""
    home.world.archive = tmp_path / "archive"
    key, living = home.done(), home.submit()
    http = home.http()
    http.post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"colour": "red"}})
    entry = {"who": "bob", "permission": "status"}
    http.post("/api/v1/jobs/share", json={"jobs": [key], "change": "add", "entry": entry})
    assert http.post(f"/api/v1/jobs/{key}/purge").json()["done"]
    # Nothing is left to be done about it at the site.
    home.world.database.write(lambda c: c.exec_driver_sql("DELETE FROM outbox"))
    seed = next(s for s in range(100) if streams.simple(random.Random(s))[1] == "Cleared")
    lines = streams.of_job(streams.simple(random.Random(seed))[0], FOREIGN)
    assert home.http("op").post("/api/v1/events", content="".join(map(write_line, lines))).json()["refused"] == []
    home.http("op").get("/api/v1/query")
    return home, key, living


def count(home: House, *tables: object) -> list[int]:
    return [
        home.world.database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]  # noqa: B023
        for table in tables
    ]


def test_away_found_and_back(old: tuple[House, str, str]) -> None:
    home, key, living = old
    op, ann, bob = home.http("op"), home.http("ann"), home.http("bob")
    params = {"job": key, "archived": "true"}
    lines = ann.get("/api/v1/bookkeeping/events", params={"job": key, "format": "ulm"}).text
    history = ann.get(f"/api/v1/jobs/{key}/history").json()
    before = count(home, jobs, attempts, events, lb_jobs, lb_events)
    done = op.post("/api/v1/archive", json={"days": 0}).json()
    assert (done["jobs"], len(done["files"])) == (2, 2)
    assert ann.get(f"/api/v1/jobs/{key}").status_code == 404
    assert ann.get(f"/api/v1/jobs/{living}").status_code == 200
    assert count(home, jobs, attempts, lb_jobs, lb_events) == [1, 0, 0, 0]
    found = ann.get("/api/v1/bookkeeping", params=params).json()["job"]
    assert (found["state"], found["user_tags"]["colour"], found["owner"]) == ("Purged", "red", "ann")
    assert ann.get("/api/v1/bookkeeping/events", params=params | {"format": "ulm"}).text == lines
    assert bob.get("/api/v1/bookkeeping", params=params).status_code == 200
    assert bob.get("/api/v1/bookkeeping/events", params=params).status_code == 403
    assert (
        op.get("/api/v1/bookkeeping", params={"job": FOREIGN, "archived": "true"}).json()["job"]["state"] == "Cleared"
    )
    asked = {"q": "usertag(colour)=red", "archived": "true"}
    for http in (op, ann, bob):
        assert [one["id"] for one in http.get("/api/v1/query", params=asked).json()["jobs"]] == [
            f"{home.url}/jobs/{key}"
        ]
    assert len(op.get("/api/v1/query", params={"archived": "true"}).json()["jobs"]) == 2
    assert op.post("/api/v1/archive/check").json()["wrong"] == []
    assert [one["jobs"] for one in op.get("/api/v1/archive").json()["files"]] == [1, 1]
    home.submit()
    for name in done["files"]:
        assert op.post("/api/v1/archive/load", json={"file": name}).json()["jobs"] == 1
        assert op.post("/api/v1/archive/load", json={"file": name}).json()["jobs"] == 0
        for none in ("", "../gridwms.sqlite", f"{name}x"):
            assert op.post("/api/v1/archive/load", json={"file": none}).status_code == 404
    before[0] += 1
    before[2] += 2
    assert count(home, jobs, attempts, events, lb_jobs, lb_events) == before
    assert ann.get(f"/api/v1/jobs/{key}/history").json() == history
    assert op.get("/api/v1/bookkeeping", params={"job": FOREIGN}).json()["job"]["state"] == "Cleared"
    assert list(audit(home.world.database)) == []


def test_pages_of_the_archive(old: tuple[House, str, str]) -> None:
    home, _, _ = old
    op = home.http("op")
    op.post("/api/v1/archive", json={"days": 0})
    seen, after = [], ""
    while after is not None:
        page = op.get("/api/v1/query", params={"archived": "true", "limit": 1, "after": after}).json()
        seen += [one["id"] for one in page["jobs"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 2
    assert op.get("/api/v1/query", params={"archived": "true", "after": "x"}).status_code == 422


def test_what_is_young_or_cannot_be_written_stays(old: tuple[House, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    home, key, _ = old
    assert archive_old(home.world, 86400.0 * 365 * 40).jobs == 0
    before = count(home, jobs, events, lb_jobs, lb_events)
    monkeypatch.setattr(files, "_members", lambda path: iter([(0, b"{}")]))
    with pytest.raises(NoArchive, match="does not hold what was written"):
        archive_old(home.world, 0.0)
    monkeypatch.undo()
    assert home.world.archive is not None
    home.world.archive.chmod(0o500)
    home.world.archive = home.world.archive / "a-file"
    home.world.archive.parent.chmod(0o700)
    home.world.archive.write_text("in the way")
    with pytest.raises(NoArchive, match="cannot be written"):
        archive_old(home.world, 0.0)
    assert count(home, jobs, events, lb_jobs, lb_events) == before
    assert home.http().get(f"/api/v1/jobs/{key}").status_code == 200


def test_an_event_that_comes_in_between_keeps_the_job(
    old: tuple[House, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, key, _ = old
    write = files.write

    def slow(directory: Path, records: object) -> str:
        home.http().post("/api/v1/jobs/tag", json={"jobs": [key], "tags": {"late": "word"}})
        return write(directory, records)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "write", slow)
    archive_old(home.world, 0.0)
    assert home.http().get(f"/api/v1/jobs/{key}").json()["user_tags"]["late"] == "word"


def test_damage_is_told(old: tuple[House, str, str]) -> None:
    home, _, _ = old
    op = home.http("op")
    names = op.post("/api/v1/archive", json={"days": 0}).json()["files"]
    assert home.world.archive is not None
    path = home.world.archive / names[0]
    index = path.with_name(path.name.replace(".jsonl.gz", ".index"))
    index.unlink()
    assert op.post("/api/v1/archive/check").json()["wrong"] == []
    path.write_bytes(path.read_bytes()[:-5])
    wrong = op.post("/api/v1/archive/check").json()["wrong"]
    assert len(wrong) == 1
    assert names[0] in wrong[0]
    for path_, method in (("/api/v1/archive", "GET"), ("/api/v1/archive/check", "POST")):
        assert home.http("ann").request(method, path_).status_code == 403
