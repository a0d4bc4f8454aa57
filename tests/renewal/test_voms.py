"""The client of VOMS servers, against a real one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gridwms.renewal.errors import RenewalFailed
from gridwms.renewal.voms import Voms, VomsServer, read_vomses
from tests.renewal.conftest import Grid
from tests.services import voms as service


def ask(grid: Grid, servers: list[VomsServer]) -> Voms:
    return Voms(servers=lambda: servers, judge=grid.judge, timeout=20.0)


@pytest.mark.parametrize(
    "fqans",
    [
        ("/testvo",),
        ("/testvo/Role=production", "/testvo", "/testvo/prod"),
        ("/testvo/prod/Role=manager", "/testvo/Role=production"),
    ],
)
def test_attributes_come_in_the_order_that_was_asked_for(
    grid: Grid, voms: service.Voms, fqans: tuple[str, ...]
) -> None:
    now = datetime.now(UTC)
    made = ask(grid, read_vomses(voms.vomses)).again(grid.proxy(grid.alice), fqans, now)
    chain, found = grid.believing(voms.vomsdir).read((made.certificate, *made.chain), now)
    assert (chain.subject, found.vo) == (grid.alice.subject, "testvo")
    assert found.fqans[: len(fqans)] == fqans
    assert not found.unheard


def test_a_role_that_the_user_does_not_have(grid: Grid, voms: service.Voms) -> None:
    with pytest.raises(RenewalFailed, match=r"gives no attributes: .*nosuch"):
        ask(grid, read_vomses(voms.vomses)).again(
            grid.proxy(grid.alice), ["/testvo", "/testvo/Role=nosuch"], datetime.now(UTC)
        )


def test_one_who_is_no_member(grid: Grid, voms: service.Voms) -> None:
    with pytest.raises(RenewalFailed, match="gives no attributes"):
        ask(grid, read_vomses(voms.vomses)).again(grid.proxy(grid.bob, "bob.pem"), ["/testvo"], datetime.now(UTC))


def test_another_server_takes_over(grid: Grid, voms: service.Voms) -> None:
    dead = VomsServer(vo="testvo", host="localhost", port=1, subject="")
    made = ask(grid, [dead, *read_vomses(voms.vomses)]).again(grid.proxy(grid.alice), ["/testvo"], datetime.now(UTC))
    assert made.chain


def test_a_server_with_another_name_than_vomses_says(grid: Grid, voms: service.Voms) -> None:
    other = VomsServer(vo="testvo", host="localhost", port=voms.port, subject="/DC=org/CN=somebody else")
    with pytest.raises(RenewalFailed, match="and not of /DC=org/CN=somebody else"):
        ask(grid, [other]).again(grid.proxy(grid.alice), ["/testvo"], datetime.now(UTC))


def test_a_vo_that_nobody_speaks_for(grid: Grid) -> None:
    with pytest.raises(RenewalFailed, match="No VOMS server of the VO other"):
        ask(grid, []).again(grid.proxy(grid.alice), ["/other"], datetime.now(UTC))


def test_files_of_servers(tmp_path: Path) -> None:
    (tmp_path / "atlas").write_text(
        '"atlas" "a.example.org" "15001" "/CN=a" "atlas" "24"\n# "x" "y" "1" "z" "x"\nbad\n'
    )
    (tmp_path / "cms").write_text('"cms" "c.example.org" "15002" "/CN=c" "cms"\n"cms" "d" "port" "/CN=d" "cms"')
    assert [(one.vo, one.host, one.port, one.subject) for one in read_vomses(tmp_path)] == [
        ("atlas", "a.example.org", 15001, "/CN=a"),
        ("cms", "c.example.org", 15002, "/CN=c"),
    ]
    assert read_vomses(tmp_path / "missing") == []
