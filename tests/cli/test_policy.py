"""`gridwms policy`, `user`, `vo`, and what whoami tells of them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command
from tests.client.running import Running


def test_rules_are_made_shown_and_forgotten(gridwms: Command, service: Running) -> None:
    told = gridwms("user", "deny", "mallory", "submit", "delegate", "-m", "ask us")
    assert told.code == 0, told.err
    assert told.out == "mallory is denied: submit, delegate\n" and "policy.toml" in told.err
    assert gridwms("vo", "allow", "atlas", "cancel-others", "--role", "lcgadmin", "--of-vo", "atlas").code == 0
    assert gridwms("user", "map", "/DC=org/CN=Ann", "--user", "ann", "--vo", "atlas").code == 0
    shown = gridwms("policy", "show").out
    assert "user mallory" in shown and "role lcgadmin, vo atlas" in shown and "everybody  use\n" in shown
    found = gridwms("user", "show", "mallory", "--json").json["user"]
    rights = {one["right"]: one for one in found["rights"]}
    assert not rights["submit"]["yes"] and "ask us" in rights["submit"]["why"] and rights["query"]["yes"]
    assert {one["user"] for one in gridwms("user", "list", "--json").json["users"]} >= {"mallory", "ann"}
    [atlas] = [one for one in gridwms("vo", "list", "--json").json["vos"] if one["vo"] == "atlas"]
    assert (atlas["rules"], atlas["banned"]) == (1, None)
    assert gridwms("user", "forget", "mallory").code == 0
    assert gridwms("vo", "forget", "atlas", "--role", "lcgadmin").code == 0
    left = gridwms("user", "unmap", "/DC=org/CN=Ann", "--json").json["policy"]
    assert (left["rules"], left["map"]) == ([], [])
    assert (service.data / "policy.toml").read_text().strip() == ""


def test_what_is_no_right_is_refused(gridwms: Command) -> None:
    told = gridwms("user", "allow", "ann", "submitt")
    assert told.code == 3, told.err
    assert "do you mean 'submit'" in told.err and "line" in told.err


def test_who_i_am_and_what_i_may(gridwms: Command) -> None:
    told = gridwms("whoami").out
    assert "role" in told and "operator" in told and "An operator may." in told


def test_files_are_checked_without_a_service(gridwms: Command, tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('[[rule]]\nvo = "atlas"\nallow = "use"\n')
    (tmp_path / "bad.toml").write_text('[[rule]]\nvo = "atlas"\nalow = "use"\n')
    (tmp_path / "wms.gacl").write_text("<gacl><entry><any-user/><allow><exec/></allow></entry></gacl>")
    (tmp_path / "lb.conf").write_text('resource "LB" {\n action "FLY" {}\n}')
    none = {"GRIDWMS_SERVICE": "http://127.0.0.1:1"}
    told = gridwms("policy", "check", "good.toml", "wms.gacl", **none)
    assert (told.code, told.out) == (0, "good.toml: 1 rule, nothing wrong\nwms.gacl: 1 rule, nothing wrong\n")
    told = gridwms("policy", "check", "bad.toml", "lb.conf", "none.toml", "--json", **none)
    assert told.code == 3
    assert [[one["line"] for one in file["findings"]] for file in told.json["files"]] == [[3], [2], [0]]
    assert told.json["files"][0]["findings"][0]["sentence"] == "there is no key 'alow'; do you mean 'allow'?"


def test_the_service_is_published(gridwms: Command, service: Running) -> None:
    told = gridwms("publish", "--site", "SITE-A")
    assert told.code == 0, told.err
    assert (
        f"GlueServiceEndpoint: http://127.0.0.1:{service.port}/api/v1\n" in told.out
        and "GlueServiceStatus: OK\n" in told.out
    )
    assert "GLUE2EndpointServingState: production\n" in told.out
    (service.data / "nobody").write_text("x")
    away = gridwms(
        "publish", "--glue1", "--service", "http://127.0.0.1:1", GRIDWMS_TOKEN_FILE=str(service.data / "nobody")
    )
    assert away.code == 0 and "GlueServiceStatus: Critical\n" in away.out and "GLUE2" not in away.out
