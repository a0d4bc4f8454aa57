"""Renewal: when, what is taken, what is refused, and that one try serves all jobs of a credential."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from gridwms.flow import delegation
from gridwms.flow.credentials.pace import PROXY, next_try
from gridwms.flow.credentials.renew import Renewer, Sources
from gridwms.flow.expire import expire
from gridwms.flow.explain import why
from gridwms.flow.status import status
from gridwms.flow.submit import register
from gridwms.flow.world import World
from gridwms.jobs.states import State
from gridwms.renewal.errors import RenewalFailed, Unreachable
from gridwms.renewal.tokens import Fresh
from gridwms.security.believing import Believing
from gridwms.security.seal import Seal
from gridwms.store import delegations
from gridwms.store.delegations import Delegation, Kind
from gridwms.x509.chain import Rules
from gridwms.x509.credential import Credential
from gridwms.x509.trust import Anchors
from gridwms.x509.voms.trust import Believed
from tests.flow.conftest import Stage
from tests.x509 import making
from tests.x509.making import NOW, Made
from tests.x509.voms.making import attributes, proxy_with

CA = making.authority()
ALICE = making.user(CA)
BOB = making.user(CA, "/DC=org/O=Users/CN=Bob")
VOMS = making.user(CA, "/DC=org/O=Hosts/CN=voms.example.org")
ANN = "/DC=org/O=Users/CN=Alice"
LSC = Believed((("/DC=org/O=Hosts/CN=voms.example.org", "/DC=org/CN=Test CA"),))
ANCHORS = Anchors({CA.certificate.subject: (CA.certificate,)})
SERVER = "px.example.org"
HOUR = timedelta(hours=1)


def credential(made: Made, *above: Made) -> Credential:
    return Credential(made.certificate, made.key, tuple(one.certificate for one in above))  # type: ignore[arg-type]


@dataclass
class Servers:
    """Those that are asked: what they bring, and who asked for what."""

    brings: Callable[[], Credential] = lambda: credential(making.proxy(ALICE, ends=10 * HOUR), ALICE)
    fqans: tuple[str, ...] | None = None
    asked: list[str] = field(default_factory=list)

    def renew(self, server: str, owner: str, old: Credential) -> Credential:
        self.asked.append(f"{server} {owner}")
        return self.brings()

    def again(self, proxy: Credential, fqans: Sequence[str], now: datetime) -> Credential:
        self.asked.append(" ".join(fqans))
        if self.fqans is None:
            raise RenewalFailed("VOMS server voms.example.org:15000 cannot be reached: Connection refused.")
        made = attributes(ALICE.certificate, VOMS, fqans=[f"{one}/Capability=NULL" for one in self.fqans])
        return credential(proxy_with(ALICE, made, ends=10 * HOUR), ALICE)


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def world(stage: Stage) -> World:
    world = stage.world
    world.believing = Believing(lambda: ANCHORS, lambda vo, host: LSC, Rules())
    world.seal = Seal(b"k" * 32)
    stage.time[0] = NOW.timestamp()
    return world


def hold(world: World, name: str = "one", ends: timedelta = HOUR, **fields: object) -> None:
    """A proxy that lasts so long, due for renewal."""
    assert world.seal is not None
    made = credential(making.proxy(ALICE, ends=ends), ALICE)
    sealed = delegation.sealed(world.seal, ANN, name, Kind.PROXY, made.pem())
    one = Delegation(owner=ANN, name=name, credential=sealed, serial=1, source=SERVER, begins=0.0)
    one = replace(one, ends=(NOW + ends).timestamp(), renew_at=world.clock())
    one = replace(one, **fields)  # type: ignore[arg-type]
    world.database.write(lambda connection: delegations.put(connection, one))


def shown(world: World, name: str = "one") -> Delegation:
    return delegation.show(world, ANN, name)


def renew(world: World, servers: Servers) -> None:
    Renewer(world, Sources(proxies=servers, attributes=servers)).round()


def test_a_renewed_proxy_takes_the_place_of_the_old_one(world: World, servers: Servers) -> None:
    hold(world)
    renew(world, servers)
    found = shown(world)
    assert (found.ends, found.serial, found.tries, found.trouble) == ((NOW + 10 * HOUR).timestamp(), 2, 0, "")
    assert found.renewed_at == found.tried_at == world.clock()
    assert found.renew_at == (NOW + 10 * HOUR).timestamp() - 9000
    assert delegation.credential(world, ANN, "one").ends == NOW + 10 * HOUR
    assert servers.asked == [f"{SERVER} {ANN}"]
    renew(world, servers)
    assert len(servers.asked) == 1


def test_the_paces_of_the_reference() -> None:
    """Ten hours: first with 2.5 h left; a failed try moves the next to a quarter of the way; then every 5 min."""
    left, told = 36_000.0, []
    for _ in range(9):
        at = next_try(36_000.0, 36_000.0 - left, PROXY)
        assert at is not None
        left = 36_000.0 - at
        told.append(round(left))
    assert told == [9000, 3825, 2531, 2208, 2127, 2107, 2102, 1802, 1502]
    assert next_try(0.0, 299.0, PROXY) == 599.0
    assert next_try(0.0, 301.0, PROXY) is None


def test_attributes_are_asked_for_anew_in_their_order(world: World, servers: Servers) -> None:
    servers.fqans = ("/testvo/Role=production", "/testvo")
    hold(world, vo="testvo", fqans=servers.fqans, attributes_end=(NOW + HOUR).timestamp())
    renew(world, servers)
    found = shown(world)
    assert servers.asked[1] == "/testvo/Role=production /testvo"
    assert found.fqans == servers.fqans
    assert found.serial == 2
    assert found.attributes_end is not None
    assert found.attributes_end > (NOW + HOUR).timestamp()


REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("another user", {"brings": lambda: credential(making.proxy(BOB, ends=10 * HOUR), BOB)}, "the proxy of .*CN=Bob"),
    ("no longer than the old", {"brings": lambda: credential(making.proxy(ALICE, ends=HOUR), ALICE)}, "lasts longer"),
    ("begins tomorrow", {"brings": lambda: credential(making.proxy(ALICE, begins=5 * HOUR), ALICE)}, "not believed"),
    ("expired", {"brings": lambda: credential(making.proxy(ALICE, ends=-HOUR / 2), ALICE)}, "not believed"),
]


@pytest.mark.parametrize(("changes", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_not_taken(world: World, changes: dict[str, object], words: str) -> None:
    hold(world)
    renew(world, Servers(**changes))  # type: ignore[arg-type]
    found = shown(world)
    assert (found.serial, found.tries) == (1, 1)
    assert re.search(words, found.trouble), found.trouble
    assert delegation.credential(world, ANN, "one").ends == NOW + HOUR
    assert found.renew_at is not None
    assert world.clock() < found.renew_at < (NOW + HOUR).timestamp()


@pytest.mark.parametrize("given", [None, ("/testvo",), ("/testvo", "/testvo/Role=production")])
def test_never_with_fewer_attributes_or_in_another_order(
    world: World, servers: Servers, given: tuple[str, ...] | None
) -> None:
    servers.fqans = given
    hold(world, vo="testvo", fqans=("/testvo/Role=production", "/testvo"), attributes_end=(NOW + HOUR).timestamp())
    renew(world, servers)
    assert shown(world).serial == 1
    assert shown(world).trouble


def test_a_server_that_is_away_is_asked_once_a_round(world: World, servers: Servers) -> None:
    def away() -> Credential:
        raise Unreachable("MyProxy server px.example.org cannot be reached: Connection refused.")

    servers.brings = away
    for number in range(30):
        hold(world, f"d{number}")
    renew(world, servers)
    assert 1 <= len(servers.asked) <= 4
    assert {shown(world, f"d{number}").tries for number in range(30)} == {1}
    assert "cannot be reached" in shown(world, "d29").trouble


def test_hours_without_the_server_and_then_it_is_back(stage: Stage, world: World, servers: Servers) -> None:
    def away() -> Credential:
        raise Unreachable("away")

    good, servers.brings = servers.brings, away
    hold(world, ends=3 * HOUR)
    for _ in range(8):
        renew(world, servers)
        due = shown(world).renew_at
        assert due is not None
        stage.time[0] = due
    assert shown(world).tries == 8
    servers.brings = good
    renew(world, servers)
    assert (shown(world).tries, shown(world).trouble, shown(world).serial) == (0, "", 2)


def test_what_its_owner_delegated_in_the_meantime_stays(world: World, servers: Servers) -> None:
    hold(world)
    good = servers.brings

    def meanwhile() -> Credential:
        hold(world, ends=2 * HOUR, serial=7)
        return good()

    servers.brings = meanwhile
    renew(world, servers)
    assert (shown(world).serial, shown(world).ends) == (7, (NOW + 2 * HOUR).timestamp())


def test_a_row_that_cannot_be_opened_holds_up_no_other(world: World, servers: Servers) -> None:
    hold(world, "broken", credential=b"nonsense")
    hold(world, "good")
    renew(world, servers)
    assert shown(world, "broken").tries == 1
    assert shown(world, "good").serial == 2


def test_ten_thousand_jobs_cost_one_renewal(world: World, servers: Servers) -> None:
    """And the round looks at none of them."""
    hold(world)
    register(world, ANN, "", [b'[Executable = "/bin/true"]'] * 10_000, delegation="one")
    seen: list[str] = []
    engine = world.database.read(lambda connection: connection.engine)

    def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
        seen.append(text)

    event.listen(engine, "before_cursor_execute", note)
    renew(world, servers)
    event.remove(engine, "before_cursor_execute", note)
    assert len(servers.asked) == 1
    assert not any("FROM jobs" in text for text in seen)


def test_what_is_due_is_found_by_an_index(world: World) -> None:
    hold(world)
    if world.database.read(lambda connection: connection.dialect.name) == "sqlite":
        text = "EXPLAIN QUERY PLAN SELECT * FROM delegations WHERE renew_at <= 1 ORDER BY renew_at LIMIT 5"
        plan = world.database.read(lambda connection: str(connection.exec_driver_sql(text).all()))
        assert "ix_delegations_renew_at" in plan


def test_a_token_is_refreshed(world: World) -> None:
    class Issuer:
        def refresh(self, issuer: str, secret: bytes, now: float) -> Fresh:
            assert b"old refresh" in secret
            return Fresh(b'{"access_token": "new", "refresh_token": "newer"}', now, now + 3600)

    assert world.seal is not None
    secret = b'{"access_token": "old", "refresh_token": "old refresh"}'
    hold(world, kind=Kind.TOKEN, source="https://iam.example.org",
         credential=delegation.sealed(world.seal, ANN, "one", Kind.TOKEN, secret))  # fmt: skip
    Renewer(world, Sources(tokens=Issuer())).round()
    found = delegation.show(world, ANN, "one", Kind.TOKEN)
    assert (found.serial, found.ends) == (2, world.clock() + 3600)
    assert delegation.opened(world, found) == b"new"
    assert found.renew_at == world.clock() + 2700


# at the end


def submitted(stage: Stage, count: int = 1) -> list[str]:
    answers = register(stage.world, ANN, "", [b'[Executable = "/bin/true"]'] * count, delegation="one")
    return [answer.key for answer in answers if answer.key]


def test_a_waiting_job_ends_with_its_credential(stage: Stage, world: World) -> None:
    hold(world)
    [key] = submitted(stage)
    assert expire(world) == 0
    stage.pass_time(3601)
    assert expire(world) == 1
    job = stage.job(key)
    assert job.reason is not None
    assert (job.state, job.reason.sentence) == (State.ABORTED, "The delegated Proxy has expired")
    assert expire(world) == 0


def test_one_at_a_site_is_withdrawn(stage: Stage, world: World) -> None:
    hold(world)
    [key] = submitted(stage)
    stage.schedule()
    stage.errands()
    stage.pass_time(3601)
    assert expire(world) == 1
    job = stage.job(key)
    assert job.reason is not None
    assert (job.state, job.reason.sentence) == (State.ABORTED, "Job Aborted because proxy expired")
    stage.errands()
    assert stage.site.cancelled


def test_with_another_kind_that_lasts_it_goes_on(stage: Stage, world: World) -> None:
    hold(world)
    hold(world, kind=Kind.TOKEN, ends=5 * HOUR)
    [key] = submitted(stage)
    stage.pass_time(3601)
    assert expire(world) == 0
    assert stage.job(key).state is State.WAITING


def test_removed_it_ends_at_once(stage: Stage, world: World) -> None:
    hold(world)
    [key] = submitted(stage)
    delegation.remove(world, ANN, "one")
    assert expire(world) == 1
    job = stage.job(key)
    assert job.reason is not None
    assert job.reason.code == "delegation_removed"
    assert delegation.forget_old(world) == 0
    stage.pass_time(1)
    assert delegation.forget_old(world) == 1


# what its owner is told before


def warning(stage: Stage, key: str) -> str:
    [view] = status(stage.world, [key])
    told = view.credential.warning if view.credential else "nothing carried"
    assert why(stage.world, key).warnings == ((told,) if told else ())
    return told


def test_the_owner_is_warned_before_it_runs_out(stage: Stage, world: World) -> None:
    hold(world, ends=2 * HOUR, source="", renew_at=None)
    [key] = submitted(stage)
    assert warning(stage, key) == ""
    stage.pass_time(3600 + 600)
    assert "The credential 'one' runs out in 50 min, and nothing renews it." in warning(stage, key)
    stage.pass_time(3600)
    assert "has run out" in warning(stage, key)


def test_one_that_is_renewed_is_no_worry_until_that_fails(stage: Stage, world: World, servers: Servers) -> None:
    hold(world, ends=HOUR / 2)
    [key] = submitted(stage)
    assert warning(stage, key) == ""
    servers.brings = lambda: credential(making.proxy(BOB), BOB)
    renew(world, servers)
    assert "could not be renewed (1 try): MyProxy server px.example.org sends the proxy of" in warning(stage, key)


def test_what_ended_is_not_worried_about(stage: Stage, world: World) -> None:
    hold(world)
    [key] = submitted(stage)
    stage.pass_time(3601)
    expire(world)
    [view] = status(world, [key])
    assert view.credential is None
