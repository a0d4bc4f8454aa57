"""Delegation: a request, a signature, a proxy that the service may act with, and everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gridwms.flow import delegation
from gridwms.flow.delegation import DelegationRefused, UnknownDelegation
from gridwms.flow.world import World
from gridwms.security.believing import Believing
from gridwms.security.identity import Identity
from gridwms.security.seal import Seal
from gridwms.x509.chain import Rules, verify
from gridwms.x509.credential import Credential, sign_request
from gridwms.x509.trust import Anchors
from gridwms.x509.voms.trust import Believed
from tests.flow.conftest import Stage
from tests.x509 import making
from tests.x509.making import NOW, Made
from tests.x509.voms.making import attributes, proxy_with

CA = making.authority()
ALICE = making.user(CA)
BOB = making.user(CA, "/DC=org/O=Users/CN=Bob")
SERVER = making.user(CA, "/DC=org/O=Hosts/CN=voms.example.org")
ANCHORS = Anchors({CA.certificate.subject: (CA.certificate,)})
LSC = Believed((("/DC=org/O=Hosts/CN=voms.example.org", "/DC=org/CN=Test CA"),))
HALF_AN_HOUR_AGO = NOW - timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
ANN = Identity(subject="/DC=org/O=Users/CN=Alice")


def credential(made: Made, *above: Made) -> Credential:
    return Credential(made.certificate, made.key, tuple(one.certificate for one in above))


@pytest.fixture
def taking(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that takes proxies, at the time of the certificates. Its keys are cheap: RSA takes tenths of a second."""
    monkeypatch.setattr(delegation, "new_key", lambda: ec.generate_private_key(ec.SECP256R1()))
    world = stage.world
    world.believing = Believing(lambda: ANCHORS, lambda vo, host: LSC, Rules())
    world.seal = Seal(b"k" * 32)
    world.clock = lambda: NOW.timestamp()
    return world


def delegate(world: World, by: Credential | None = None, who: Identity = ANN, **how: Any) -> None:
    request = delegation.request(world, who, "one")
    delegation.put(world, who, "one", sign_request(request.encode(), by or credential(ALICE), NOW, **how))


def test_the_service_can_act_as_the_user(taking: World) -> None:
    delegate(taking, credential(making.proxy(ALICE), ALICE))
    held = delegation.credential(taking, ANN.subject, "one")
    chain = verify((held.certificate, *held.chain), ANCHORS, NOW)
    assert (chain.subject, len(chain.path)) == (ANN.subject, 3)
    assert delegation.show(taking, ANN.subject, "one").ends == (NOW + timedelta(hours=12)).timestamp()


def test_it_never_outlives_what_signed_it(taking: World) -> None:
    short = making.proxy(ALICE, ends=timedelta(hours=1))
    delegate(taking, credential(short, ALICE), lifetime=timedelta(days=30))
    assert delegation.show(taking, ANN.subject, "one").ends == (NOW + timedelta(hours=1)).timestamp()


def test_a_limited_proxy_delegates_limited_ones(taking: World) -> None:
    limited = making.proxy(ALICE, language=making.LIMITED)
    delegate(taking, credential(limited, ALICE))
    held = delegation.credential(taking, ANN.subject, "one")
    assert verify((held.certificate, *held.chain), ANCHORS, NOW).limited


def test_attributes_come_along(taking: World) -> None:
    proxy = proxy_with(ALICE, attributes(ALICE.certificate, SERVER))
    who = Identity(subject=ANN.subject, vo="testvo", groups=("/testvo/Role=production",))
    delegate(taking, credential(proxy, ALICE), who=who)
    found = delegation.show(taking, ANN.subject, "one")
    assert (found.vo, found.fqans) == ("testvo", ("/testvo/Role=production", "/testvo"))
    assert found.attributes_end == (NOW + timedelta(hours=12)).timestamp()


def test_another_role_than_that_of_the_caller(taking: World) -> None:
    """Bug 54728: the role counts too."""
    proxy = proxy_with(ALICE, attributes(ALICE.certificate, SERVER))
    who = Identity(subject=ANN.subject, vo="testvo", groups=("/testvo/Role=admin",))
    with pytest.raises(DelegationRefused, match=r"Client proxy FQAN .* does not match delegated proxy FQAN"):
        delegate(taking, credential(proxy, ALICE), who=who)


def test_a_name_used_again_is_overwritten_and_the_old_one_stays_until_then(taking: World) -> None:
    delegate(taking)
    first = delegation.credential(taking, ANN.subject, "one").certificate
    request = delegation.request(taking, ANN, "one")
    assert delegation.credential(taking, ANN.subject, "one").certificate == first
    delegation.put(taking, ANN, "one", sign_request(request.encode(), credential(ALICE), NOW))
    assert delegation.credential(taking, ANN.subject, "one").certificate != first
    assert len(delegation.of_owner(taking, ANN.subject)) == 1


def test_no_key_stands_in_the_database(taking: World) -> None:
    delegate(taking)
    delegation.request(taking, ANN, "two")
    rows = [repr(one) for one in delegation.of_owner(taking, None)]
    sealed = [one.credential or one.request_key or b"" for one in delegation.of_owner(taking, None)]
    assert all(sealed)
    assert not any(b"PRIVATE" in one or b"BEGIN" in one for one in sealed)
    assert not any("credential=" in row or "request_key=" in row for row in rows)


def test_a_row_moved_to_another_user_opens_nothing(taking: World) -> None:
    delegate(taking)
    taken = delegation.show(taking, ANN.subject, "one").credential
    assert taken is not None
    assert taking.seal is not None
    with pytest.raises(Exception, match="cannot be opened"):
        taking.seal.open(taken, "credential\0/DC=org/O=Users/CN=Bob\0one")


def swapped_key(world: World) -> bytes:
    delegation.request(world, ANN, "one")
    other = delegation.request(world, ANN, "two")
    return sign_request(other.encode(), credential(ALICE), NOW)


def open_request(world: World) -> bytes:
    return delegation.request(world, ANN, "one").encode()


WRONG: list[tuple[str, Callable[[World], bytes], str]] = [
    ("of another user", lambda w: sign_request(open_request(w), credential(BOB), NOW), "is that of"),
    ("for another key", swapped_key, "not for the key"),
    ("nonsense", lambda w: open_request(w) and b"nonsense", "no certificate"),
    (
        "expired",
        lambda w: sign_request(open_request(w), credential(ALICE), HALF_AN_HOUR_AGO, lifetime=MINUTE),
        "expired",
    ),
    (
        "of an unknown authority",
        lambda w: sign_request(open_request(w), credential(making.user(making.authority("/CN=x"))), NOW),
        "does not know",
    ),
]


@pytest.mark.parametrize(("chain", "words"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_not_taken(taking: World, chain: Callable[[World], bytes], words: str) -> None:
    with pytest.raises(DelegationRefused, match=words):
        delegation.put(taking, ANN, "one", chain(taking))


def test_without_a_request(taking: World) -> None:
    with pytest.raises(UnknownDelegation, match="No request"):
        delegation.put(taking, ANN, "one", b"")


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a" * 256, "a b"])
def test_names(taking: World, name: str) -> None:
    with pytest.raises(DelegationRefused, match="no name"):
        delegation.request(taking, ANN, name)


def test_no_user_fills_the_store(taking: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegation, "MOST_PER_USER", 2)
    for name in ("one", "two", "one"):
        delegation.request(taking, ANN, name)
    with pytest.raises(DelegationRefused, match="which is the most"):
        delegation.request(taking, ANN, "three")
    delegation.remove(taking, ANN.subject, "two")
    delegation.request(taking, ANN, "three")


def test_what_ended_is_forgotten(taking: World) -> None:
    delegate(taking)
    delegation.request(taking, ANN, "begun")
    assert delegation.forget_old(taking) == 0
    taking.clock = lambda: NOW.timestamp() + delegation.UNANSWERED_SECONDS + 1
    assert delegation.forget_old(taking) == 1
    taking.clock = lambda: (NOW + timedelta(hours=13)).timestamp()
    assert delegation.forget_old(taking) == 1
    with pytest.raises(UnknownDelegation):
        delegation.show(taking, ANN.subject, "one")


def test_a_service_that_takes_no_proxies(stage: Stage) -> None:
    with pytest.raises(DelegationRefused, match="takes no proxies"):
        delegation.request(stage.world, ANN, "one")
