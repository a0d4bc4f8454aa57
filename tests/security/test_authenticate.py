from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.security.authenticate import Gatekeeper, Shown, gatekeeper
from gridwms.security.capability import load
from gridwms.security.errors import NotIdentified
from gridwms.security.identity import Identity, Role
from gridwms.security.policies import Kind, Policies, Source
from gridwms.security.token import owner_token, user_token

TAG = "gw-0123456789ABCDEFGHIJKL-1"


@pytest.fixture
def keeper(tmp_path: Path) -> Gatekeeper:
    user_token(tmp_path, "bob")
    return gatekeeper(tmp_path, load(tmp_path), "alice")


def test_token_and_cookie_give_the_same_identity(keeper: Gatekeeper, tmp_path: Path) -> None:
    bob = keeper.identify(Shown(bearer=user_token(tmp_path, "bob")))
    assert bob.subject == "bob"
    cookie = keeper.sessions.make(bob)
    assert keeper.identify(Shown(session=cookie, safe=True)) == bob
    with pytest.raises(NotIdentified):
        keeper.identify(Shown(session=cookie, safe=False))


def test_worker_routes_take_the_capability_only(keeper: Gatekeeper, tmp_path: Path) -> None:
    worker = keeper.identify(Shown(bearer=keeper.capabilities.of(TAG), tag=TAG))
    assert worker.capabilities == {f"attempt:{TAG}"}
    with pytest.raises(NotIdentified, match="capability"):
        keeper.identify(Shown(bearer=owner_token(tmp_path), tag=TAG))
    with pytest.raises(NotIdentified):
        keeper.identify(Shown(bearer=keeper.capabilities.of(TAG)))


def test_refusal_says_what_to_show_and_no_secret(keeper: Gatekeeper) -> None:
    with pytest.raises(NotIdentified, match="shows no token"):
        keeper.identify(Shown())
    with pytest.raises(NotIdentified) as caught:
        keeper.identify(Shown(bearer="gridwms-mistyped"))
    assert "mistyped" not in str(caught.value)


def test_roles_that_the_operator_gives(tmp_path: Path) -> None:
    token = user_token(tmp_path, "ann")
    grants = {"ann": frozenset({Role.LOGGER}), "/vo/Role=admin": frozenset({Role.OPERATOR})}
    gate = gatekeeper(tmp_path, load(tmp_path), "op", grants)
    assert gate.identify(Shown(bearer=token)).roles == {Role.LOGGER}
    assert gatekeeper(tmp_path, load(tmp_path), "op").identify(Shown(bearer=token)).roles == frozenset()

    class Chain:
        def identify(self, shown: Shown) -> Identity:
            return Identity(subject="/CN=zoe", groups=("/vo", "/vo/Role=admin"))

    assert replace(gate, users=(Chain(),)).identify(Shown()).is_operator


def test_the_policy_of_an_lb_server_is_taken_over(tmp_path: Path) -> None:
    token, other = user_token(tmp_path, "ann"), user_token(tmp_path, "bob")
    text = 'resource "LB" { action "ADMIN_ACCESS" { rule permit { subject = "ann" } } action "LOG_WMS_EVENTS" { } }'
    (tmp_path / "authz.conf").write_text(text)
    policies = Policies([Source(Kind.LB, tmp_path / "authz.conf")])
    gate = gatekeeper(tmp_path, load(tmp_path), "op", policies=policies)
    assert gate.identify(Shown(bearer=token)).is_operator
    assert not gate.identify(Shown(bearer=other)).is_operator
