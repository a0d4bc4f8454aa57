"""`gridwms source`: list, show, refresh, test."""

from __future__ import annotations

from tests.cli.conftest import Command


def test_how_the_sources_are(gridwms: Command) -> None:
    lines = gridwms("source", "list").out.splitlines()
    assert lines[0].split() == ["SOURCE", "KIND", "STATE", "RESOURCES", "STORAGE", "EVERY", "ANSWERED", "TROUBLE"]
    assert lines[1].split()[:6] == ["site", "local", "site", "good", "1", "0"]
    (one,) = gridwms("source", "list", "--json").json["sources"]
    assert (one["source"], one["condition"], one["seconds"], one["failures"]) == ("site local", "good", 10.0, 0)


def test_one_with_its_entries(gridwms: Command) -> None:
    shown = gridwms("source", "show", "site local").out
    assert shown.startswith("site local  good\n")
    assert "every 10 s" in shown
    (entry,) = gridwms("source", "show", "site local", "--json").json["source"]["entries"]
    assert entry["id"] in shown
    assert entry["expires"] > entry["told"]


def test_asked_now_and_for_a_test(gridwms: Command) -> None:
    asked = gridwms("source", "refresh", "site local", "--json")
    assert asked.code == 0, asked.err
    assert asked.json["source"]["condition"] == "good"
    tested = gridwms("source", "test", "site local")
    assert tested.code == 0, tested.err
    assert tested.out.startswith("site local  well\n")
    assert "1: 0 new" in tested.out
    assert gridwms("source", "test", "site local", "--json").json["test"]["gone"] == 0


def test_no_such_source(gridwms: Command) -> None:
    told = gridwms("source", "show", "elsewhere")
    assert told.code == 4
    assert "The sources are: site local." in told.err
