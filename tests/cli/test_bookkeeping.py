"""Commands of bookkeeping where they meet trouble: the service away, the disk full, lines that are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

KEY = "0" * 22


def test_events_wait_while_no_service_is_there(gridwms: Command, tmp_path: Path) -> None:
    away = {"GRIDWMS_DATA": str(tmp_path / "none"), "GRIDWMS_SPOOL": str(tmp_path / "spool")}
    told = gridwms("event", KEY, "UserTag", "name=a", "value=b c", "--json", **away)
    assert told.code == 0, told.err
    assert told.json == {"taken": 0, "refused": 0, "waiting": True}
    assert gridwms("forward", **away).code == 6
    # The service knows no such job: the line is refused for good, and kept with the reason.
    told = gridwms("forward", "--json", GRIDWMS_SPOOL=str(tmp_path / "spool"))
    assert told.code == 3
    assert told.json | {"spool": ""} == {"spool": "", "taken": 0, "refused": 1, "waiting": False}
    refused = json.loads((tmp_path / "spool/refused.jsonl").read_text())
    assert 'VALUE="b c"' in refused["line"]
    assert KEY in refused["why"]


@pytest.mark.parametrize("small_disk", ["size=16k"], indirect=True)
def test_a_full_spool_is_told(gridwms: Command, small_disk: Path) -> None:
    (small_disk / "filling").write_bytes(b"x" * 12_000)
    told = gridwms("event", KEY, "UserTag", "name=a", f"value={'b' * 9000}", "--later", "--spool", small_disk / "spool")
    assert told.code == 1
    assert "cannot be kept" in told.err
    assert "Free space" in told.err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("event", KEY, "Flying"), "TYPE"),
        (("event", KEY, "UserTag", "colour=red"), "name, value"),
        (("event", KEY, "UserTag", "name=a", "--source", "nobody"), "--source"),
        (("tag", KEY), "NAME=VALUE"),
        (("acl", KEY, "grant", "bob"), "add|remove"),
        (("log", KEY, "--format", "xml"), "--format"),
    ],
)
def test_what_is_not_understood(gridwms: Command, words: tuple[str, ...], hint: str) -> None:
    told = gridwms(*words)
    assert told.code == 2
    assert hint in told.err


def test_errors_by_job(gridwms: Command) -> None:
    told = gridwms("tag", KEY, "a=b", "--json")
    assert told.code == 4
    assert told.json["jobs"][0]["error"]["code"] == "unknown_job"
    assert gridwms("query", "colour=red").code != 0
    assert gridwms("status", "--attributes", "https://lb.example.org:9000/x").code == 4
