"""GACL as gLite's WMProxy has it, and the policy file of an L&B server."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gridwms.rights.gacl import read_gacl_rules
from gridwms.rights.lb import read_lb_rules
from gridwms.rights.names import USE, Right
from gridwms.rights.problems import BadRules
from gridwms.rights.rule import Caller
from gridwms.rights.rules import Rules

CA = "/DC=org/CN=CA"
ANN = Caller("/DC=org/CN=Ann", "/DC=org/CN=Ann", "atlas", ("/atlas/Role=production", "/atlas"), CA)
BOB = Caller("/DC=org/CN=Bob Smith", "/DC=org/CN=Bob Smith", "cms", ("/cms",), CA)
EVE = Caller("eve", "eve")


def entry(who: str, verdict: str = "<allow><exec/></allow>") -> str:
    return f"<entry>{who}{verdict}</entry>"


def gacl(*entries: str) -> str:
    return f'<?xml version="1.0"?>\n<gacl version="0.0.1">{"".join(entries)}</gacl>'


def permitted(text: str, lists: dict[str, str] | None = None) -> set[str]:
    rules = Rules(read_gacl_rules(text, "x.gacl", (lists or {}).__getitem__), frozenset())

    def may(caller: Caller) -> bool:
        verdict = rules.of(caller)
        return verdict.grant(Right.SUBMIT) is not None and verdict.denial(Right.SUBMIT) is None

    return {one.subject.rpartition("=")[2].partition(" ")[0].lower() for one in (ANN, BOB, EVE) if may(one)}


DENY = "<deny><exec/></deny>"


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        (gacl(entry("<any-user/>")), {"ann", "bob", "eve"}),
        (gacl(entry("<auth-user/>")), {"ann", "bob"}),
        (gacl(entry("<person><dn>/DC=org/CN=Ann</dn></person>")), {"ann"}),
        (gacl(entry("<person><dn> /DC=org/CN=Bob%20Smith </dn></person>")), {"bob"}),
        (gacl(entry("<person><dn>/DC=org/*</dn></person>")), set()),
        (gacl(entry("<voms><fqan>/atlas/Role=production</fqan></voms>")), {"ann"}),
        (gacl(entry("<voms><fqan>/*/Role=NULL*</fqan></voms>")), {"ann", "bob"}),
        (gacl(entry("<voms><fqan>/atlas/*</fqan></voms>")), {"ann"}),
        (gacl(entry("<voms><fqan>/atlas/Role=NULL/Capability=NULL</fqan></voms>")), {"ann"}),
        (gacl(entry("<voms-cred><vo>atlas</vo><group>/atlas</group></voms-cred>")), {"ann"}),
        (gacl(entry("<voms-cred><vo>cms</vo></voms-cred>")), {"bob"}),
        (gacl(entry("<voms-cred><vo>atlas</vo><role>production</role></voms-cred>")), {"ann"}),
        (gacl(entry("<any-user/>", "<allow><read/><list/></allow>")), set()),
        (gacl(entry("<any-user/>", "<allow><read/><exec/></allow>")), {"ann", "bob", "eve"}),
        (gacl(entry("<any-user/>"), entry("<person><dn>/DC=org/CN=Ann</dn></person>", DENY)), {"bob", "eve"}),
        (gacl(entry("<person><dn>/DC=org/CN=Ann</dn></person>"), entry("<any-user/>", DENY)), set()),
        (
            gacl(entry("<person><dn>/DC=org/CN=Ann</dn></person><voms><fqan>/cms</fqan></voms>")),
            set(),
        ),  # all credentials of an entry
        (gacl(entry("<any-user/>", f"<allow><exec/></allow>{DENY}")), set()),
        (gacl(entry("<dns><hostname>*.org</hostname></dns>")), set()),
        (gacl("<!-- nobody -->"), set()),
        (gacl(entry("<dn-list><url>/etc/x</url></dn-list>")), {"ann"}),
    ],
)
def test_who_may_use_the_service(text: str, whom: set[str]) -> None:
    assert permitted(text, {"/etc/x": '# users\n"/DC=org/CN=Ann"\n\n/DC=org/CN=Zoe\n'}) == whom


def test_exec_is_all_that_a_user_does_and_denial_is_of_everything() -> None:
    [allow] = read_gacl_rules(gacl(entry("<any-user/>")))
    [deny] = read_gacl_rules(gacl(entry("<any-user/>", DENY)), "x")
    assert (allow.allow, deny.deny, deny.where) == (USE, frozenset(Right), "x line 2")


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE gacl [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><gacl><entry><person><dn>&j;</dn></person><allow><exec/></allow></entry></gacl>"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no XML"),
        ("<gacl>", "no XML"),
        ("<gacl><entry></gacl>", "no XML"),
        ("<acl/>", "<gacl> is expected"),
        ("<gacl><rule/></gacl>", "<entry> is expected"),
        (gacl("<entry><allow><exec/></allow></entry>"), "about nobody"),
        (gacl(entry("<person/>")), "one <dn>"),
        (gacl(entry("<person><dn/></person>")), "one <dn>"),
        (gacl(entry("<person><dn>/a</dn><dn>/b</dn></person>")), "one <dn>"),
        (gacl(entry("<voms><vo>x</vo></voms>")), "one <fqan>"),
        (gacl(entry("<any-user/>", "<allow><execute/></allow>")), "no permission <execute>"),
        (gacl(entry("<dns><hostname>x</hostname></dns>", DENY)), "whom the entry denies"),
        (gacl(entry("<dn-list><url>https://x/</url></dn-list>")), "cannot be read"),
        (LAUGHS, "document type|no XML"),
        ('<!DOCTYPE gacl SYSTEM "file:///etc/passwd"><gacl/>', "document type"),
        (
            '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]><gacl><entry>&x;</entry></gacl>',
            "document type|no XML",
        ),
        ("<gacl>" + "<entry>" * 100 + "</entry>" * 100 + "</gacl>", "too deep"),
    ],
)
def test_what_is_no_gacl_is_refused_quickly(text: str, words: str) -> None:
    begin = time.process_time()
    with pytest.raises(BadRules, match=words):
        read_gacl_rules(text)
    assert time.process_time() - begin < 0.5


def test_ten_thousand_entries_are_read_in_a_moment() -> None:
    text = gacl(*(entry(f"<person><dn>/DC=org/CN=user {number}</dn></person>") for number in range(10_000)))
    begin = time.process_time()
    assert len(read_gacl_rules(text)) == 10_000
    assert time.process_time() - begin < 2.0


def test_the_policy_of_an_lb_server(tmp_path: Path) -> None:
    text = """resource "LB" {
        action "ADMIN_ACCESS" { rule permit { subject = "/DC=org/CN=Ann" } }
        action "READ_ALL" { rule permit { fqan = "/cms" } }
        action "PURGE" { rule permit { subject = "/DC=org/CN=Bob Smith" fqan = "/atlas" } }
        action "GET_STATISTICS" { rule permit { subject = ".*" } }
        action "LOG_CE_EVENTS" { rule any }
    }""".replace("rule any }", "rule permit { rule any } }")
    rules = Rules(read_lb_rules(text), frozenset())
    found = {one.subject: {right.value for right in rules.of(one).allowed} for one in (ANN, BOB, EVE)}
    assert found == {
        ANN.subject: {"administer", "statistics"},
        BOB.subject: {"query-others", "statistics"},
        "eve": {"statistics"},
    }
    with pytest.raises(BadRules, match="authz line 2: "):
        read_lb_rules('resource "LB" {\n action "FLY" { } }', "authz")
