"""A delegation with VOMS attributes, renewed as a service does it: from real MyProxy and VOMS servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gridwms.daemon.config import Config
from gridwms.daemon.renewal import sources_of
from gridwms.flow import delegation
from gridwms.flow.credentials.renew import Renewer
from gridwms.renewal.voms import Voms, read_vomses
from gridwms.security.seal import Seal
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind
from tests.flow.conftest import Stage
from tests.renewal.conftest import Grid
from tests.services.myproxy import MyProxy
from tests.services.voms import Voms as VomsService

WANTED = ("/testvo/prod/Role=manager", "/testvo")


def test_a_service_renews_a_proxy_with_its_attributes(
    stage: Stage, grid: Grid, myproxy: MyProxy, voms: VomsService
) -> None:
    now = datetime.now(UTC)
    world = stage.world
    stage.time[0] = now.timestamp()
    world.seal, world.believing = Seal(b"k" * 32), grid.believing(voms.vomsdir)
    asked = Voms(servers=lambda: read_vomses(voms.vomses), judge=grid.judge, timeout=20.0)
    old = asked.again(grid.proxy(grid.alice), WANTED, now, seconds=1200)
    chain, found = world.believing.read((old.certificate, *old.chain), now)
    assert found.ends is not None
    one = Delegation(
        owner=chain.subject,
        name="one",
        credential=delegation.sealed(world.seal, chain.subject, "one", Kind.PROXY, old.pem()),
        vo=found.vo,
        fqans=found.fqans,
        begins=now.timestamp(),
        ends=now.timestamp() + 1200,
        attributes_end=found.ends.timestamp(),
        serial=1,
        source=myproxy.server,
        renew_at=now.timestamp(),
    )
    world.database.write(lambda connection: delegations.put(connection, one))
    shown = {"tls_certificate": str(grid.host.certificate), "tls_key": str(grid.host.key)}
    config = Config.model_validate({"service": shown, "renewal": {"vomses": str(voms.vomses), "timeout_seconds": 20}})
    Renewer(world, sources_of(config, world)).round()
    made = delegation.show(world, chain.subject, "one")
    assert (made.trouble, made.serial, made.fqans) == ("", 2, one.fqans)
    assert (made.ends or 0.0) > now.timestamp() + 9 * 3600
    held = delegation.credential(world, chain.subject, "one")
    again = world.believing.read((held.certificate, *held.chain), now)[1]
    assert again.fqans[:2] == WANTED
    assert again.ends is not None
    assert again.ends.timestamp() > now.timestamp() + 9 * 3600


def test_a_voms_server_that_is_down_fails_the_try_and_the_old_proxy_stays(
    stage: Stage, grid: Grid, myproxy: MyProxy
) -> None:
    now = datetime.now(UTC)
    world = stage.world
    stage.time[0] = now.timestamp()
    world.seal, world.believing = Seal(b"k" * 32), grid.believing(grid.folder)
    vomses = grid.folder / "vomses"
    vomses.write_text(f'"testvo" "localhost" "1" "{grid.host.subject}" "testvo"\n')
    subject, ends = grid.alice.subject, now.timestamp() + 1200
    pem = grid.proxy(grid.alice).pem()
    one = Delegation(owner=subject, name="two", vo="testvo", fqans=("/testvo",), begins=0.0, ends=ends, serial=1)
    one = replace(one, credential=delegation.sealed(world.seal, subject, "two", Kind.PROXY, pem))
    one = replace(one, source=myproxy.server, attributes_end=ends, renew_at=now.timestamp())
    world.database.write(lambda connection: delegations.put(connection, one))
    shown = {"tls_certificate": str(grid.host.certificate), "tls_key": str(grid.host.key)}
    config = Config.model_validate({"service": shown, "renewal": {"vomses": str(vomses)}})
    Renewer(world, sources_of(config, world)).round()
    kept = delegation.show(world, subject, "two")
    assert (kept.serial, kept.tries) == (1, 1)
    assert "VOMS server localhost:1 cannot be reached" in kept.trouble
