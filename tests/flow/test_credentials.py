"""What jobs carry: chosen when they are handed in, given to their wrappers, gone with its owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from gridwms.flow import delegation, worker
from gridwms.flow.compound import sweep as sweeping
from gridwms.flow.credentials import carried
from gridwms.flow.delegation import DelegationRefused, UnknownDelegation
from gridwms.flow.errors import NotFound
from gridwms.flow.submit import register
from gridwms.security.identity import Identity
from gridwms.security.seal import Seal
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind
from gridwms.store.tables import jobs
from tests.flow.conftest import Stage

ANN = Identity(subject="ann")
PROXY = b"-----BEGIN CERTIFICATE-----\nnot looked into\n"


@pytest.fixture
def holding(stage: Stage) -> Stage:
    """Ann has delegated a proxy as `one`, for a thousand seconds."""
    stage.world.seal = Seal(b"k" * 32)
    hold(stage)
    return stage


def hold(stage: Stage, name: str = "one", kind: Kind = Kind.PROXY, secret: bytes = PROXY, **fields: object) -> None:
    world = stage.world
    assert world.seal is not None
    sealed = delegation.sealed(world.seal, "ann", name, kind, secret)
    one = Delegation(owner="ann", name=name, kind=kind, credential=sealed, begins=0.0, ends=2000.0, serial=1)
    one = replace(one, **fields)  # type: ignore[arg-type]
    world.database.write(lambda connection: delegations.put(connection, one))


def submit(stage: Stage, name: str = "one", extra: str = "") -> str:
    text = f'[Executable = "/bin/true"; {extra}]'.encode()
    [answer] = register(stage.world, "ann", "", [text], delegation=name)
    assert answer.key, answer.problems
    return answer.key


def test_the_wrapper_of_its_job_gets_it(holding: Stage) -> None:
    key = submit(holding)
    holding.schedule()
    holding.errands()
    assert worker.credentials(holding.world, key, 1) == [("proxy", 1, 1000)]
    assert worker.credential(holding.world, key, 1, "proxy") == PROXY
    [sent] = holding.site.handovers
    assert "gw_credentials_begin" in sent.wrapper
    assert "not looked into" not in repr(sent)
    assert sent.credentials is None


def test_a_job_without_one_gets_none(holding: Stage) -> None:
    key = submit(holding, "")
    holding.schedule()
    holding.errands()
    assert worker.credentials(holding.world, key, 1) == []
    with pytest.raises(NotFound, match="carries no proxy"):
        worker.credential(holding.world, key, 1, "proxy")


def test_nodes_carry_that_of_their_compound(holding: Stage) -> None:
    text = b'[JobType = "Parametric"; Executable = "/bin/true"; Parameters = 3]'
    [answer] = register(holding.world, "ann", "", [text], delegation="one")
    holding.world.sweeping.set()
    sweeping.sweep(holding.world)
    found = holding.world.database.read(
        lambda c: list(c.scalars(select(jobs.c.delegation).where(jobs.c.parent.is_not(None))))
    )
    assert answer.nodes == 3
    assert found == ["one"] * 3


def test_the_default_is_that_of_the_subject_and_groups(holding: Stage) -> None:
    assert carried.choose(holding.world, ANN, None) == ""
    hold(holding, delegation.name_for(ANN))
    assert carried.choose(holding.world, ANN, None) == delegation.name_for(ANN)
    assert carried.choose(holding.world, ANN, "") == ""
    assert carried.choose(holding.world, ANN, "one") == "one"


def test_what_cannot_be_chosen(holding: Stage) -> None:
    with pytest.raises(UnknownDelegation):
        carried.choose(holding.world, ANN, "two")
    with pytest.raises(DelegationRefused, match="does not match delegated proxy FQAN"):
        carried.choose(holding.world, replace(ANN, vo="vo", groups=("/vo/Role=x",)), "one")
    holding.pass_time(1001)
    with pytest.raises(DelegationRefused, match="The delegated Proxy has expired"):
        carried.choose(holding.world, ANN, "one")


def test_it_does_not_travel_in_the_clear(holding: Stage) -> None:
    holding.world.settings = replace(holding.world.settings, base_url="http://wms.example.org:8480")
    with pytest.raises(DelegationRefused, match="plain HTTP"):
        carried.choose(holding.world, ANN, "one")
    key = submit(holding)
    holding.schedule()
    holding.errands()
    with pytest.raises(NotFound):
        worker.credential(holding.world, key, 1, "proxy")


def test_both_kinds(holding: Stage) -> None:
    hold(holding, kind=Kind.TOKEN, secret=b'{"access_token": "ey.x.y", "refresh_token": "secret"}', ends=1500.0)
    key = submit(holding)
    holding.schedule()
    holding.errands()
    assert worker.credentials(holding.world, key, 1) == [("proxy", 1, 1000), ("token", 1, 500)]
    assert worker.credential(holding.world, key, 1, "token") == b"ey.x.y"


@pytest.mark.parametrize("named", ["myproxy.example.org", "myproxy.example.org:7513"])
def test_a_job_may_say_where_it_is_renewed(holding: Stage, named: str) -> None:
    submit(holding, extra=f'MyProxyServer = "{named}"')
    found = delegation.show(holding.world, "ann", "one")
    assert found.source == named
    assert found.renew_at is not None


def test_without_a_delegation_the_server_has_nothing_to_renew(holding: Stage) -> None:
    [answer] = register(holding.world, "ann", "", [b'[Executable = "/bin/true"; MyProxyServer = "h"]'])
    assert [one.attribute for one in answer.problems] == ["MyProxyServer"]


def test_removed_while_a_job_goes_with_it(holding: Stage) -> None:
    key = submit(holding)
    holding.schedule()
    holding.errands()
    delegation.remove(holding.world, "ann", "one")
    assert worker.credentials(holding.world, key, 1) == [("proxy", 1, 0)]
    with pytest.raises(NotFound):
        worker.credential(holding.world, key, 1, "proxy")
    assert _rows(holding) == [None]
    delegation.forget_old(holding.world)
    assert _rows(holding) == [None]


def test_removed_when_no_job_does(holding: Stage) -> None:
    delegation.remove(holding.world, "ann", "one")
    assert _rows(holding) == []


def _rows(stage: Stage) -> Sequence[bytes | None]:
    return [one.credential for one in delegation.of_owner(stage.world, None)]
