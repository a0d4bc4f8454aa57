"""The files of rules together, and what happens when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.daemon.access import policies_of
from gridwms.daemon.config import Access, BadConfig
from gridwms.rights.names import Right
from gridwms.rights.problems import BadRules
from gridwms.rights.rule import Caller
from gridwms.security.policies import Kind, Policies, Source

ANN = Caller("/DC=org/CN=Ann", "/DC=org/CN=Ann", "atlas", ("/atlas",), "/CN=CA")
EVE = Caller("eve", "eve")


def gacl(who: str, verdict: str = "allow") -> str:
    return f"<gacl><entry>{who}<{verdict}><exec/></{verdict}></entry></gacl>"


def may(policies: Policies, caller: Caller, right: Right = Right.SUBMIT) -> bool:
    policies.look(now=True)
    verdict = policies.rules.of(caller)
    return verdict.denial(right) is None and (right in verdict.everyone or verdict.grant(right) is not None)


def test_a_gacl_shuts_out_whom_it_does_not_name(tmp_path: Path) -> None:
    file, rules = tmp_path / "wms.gacl", tmp_path / "policy.toml"
    file.write_text(gacl("<voms><fqan>/atlas/*</fqan></voms>"))
    policies = Policies([Source(Kind.POLICY, rules, needed=False), Source(Kind.GACL, file)])
    assert may(policies, ANN) and not may(policies, EVE)
    rules.write_text('[[rule]]\nuser = "eve"\nallow = ["submit"]\n')
    assert may(policies, EVE) and not may(policies, EVE, Right.QUERY)
    rules.write_text('everyone = ["query"]\n')
    assert may(policies, EVE, Right.QUERY) and not may(policies, EVE)
    file.write_text(gacl("<any-user/>", "deny"))
    assert not may(policies, ANN) and not may(policies, EVE, Right.QUERY)


def test_lists_of_names_are_looked_at_too(tmp_path: Path) -> None:
    names, file = tmp_path / "dns", tmp_path / "wms.gacl"
    names.write_text("/DC=org/CN=Zoe\n")
    file.write_text(gacl(f"<dn-list><url>file://{names}</url></dn-list>"))
    policies = Policies([Source(Kind.GACL, file)])
    assert not may(policies, ANN)
    names.write_text("/DC=org/CN=Zoe\n/DC=org/CN=Ann\n")
    assert may(policies, ANN)
    names.unlink()
    assert may(policies, ANN) and "cannot be read" in policies.trouble


def test_changes_are_told_and_seen_after_a_second(tmp_path: Path) -> None:
    file, told, now = tmp_path / "policy.toml", list[bool](), [0.0]
    file.write_text('everyone = ["submit"]\n')
    policies = Policies([Source(Kind.POLICY, file)], changed=lambda: told.append(True), clock=lambda: now[0])
    file.write_text("everyone = []\n")
    assert policies.rules.everyone == {Right.SUBMIT} and not told
    now[0] = 1.0
    assert policies.rules.everyone == frozenset() and told == [True]
    now[0] = 2.0
    assert policies.rules.everyone == frozenset() and told == [True], "nothing has changed"


def test_a_service_does_not_start_with_a_broken_file(tmp_path: Path) -> None:
    assert policies_of(Access(), tmp_path).rules.rules == ()
    (tmp_path / "policy.toml").write_text("[[rule]]\n")
    with pytest.raises(BadConfig, match=r"policy\.toml line 1"):
        policies_of(Access(), tmp_path)
    with pytest.raises(BadConfig, match="there is no file"):
        policies_of(Access(gacl=str(tmp_path / "none")), tmp_path / "x")
    with pytest.raises(BadRules):
        Policies([Source(Kind.LB, tmp_path / "policy.toml")])
