"""Whom a rule is about, and what all rules together say."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.rights.names import USE, Right
from gridwms.rights.pattern import literal, read_pattern
from gridwms.rights.rule import Caller, Criterion, Rule
from gridwms.rights.rules import Rules

CA = "/DC=org/CN=CA"
ANN = Caller("/DC=org/CN=Ann", "/DC=org/CN=Ann", "atlas", ("/atlas/Role=production", "/atlas"), CA)
TOKEN = Caller("bob@wlcg", "bob", "wlcg", ("/wlcg/prod",), "https://wlcg.example/")
LOCAL = Caller("eve", "eve")


def rule(allow: str = "", deny: str = "", **who: str) -> Rule:
    return Rule(
        who=tuple((Criterion(key), (read_pattern(text),)) for key, text in who.items()),
        allow=frozenset(map(Right, allow.split())),
        deny=frozenset(map(Right, deny.split())),
    )


@pytest.mark.parametrize(
    ("who", "whom"),
    [
        ({}, {ANN, TOKEN, LOCAL}),
        ({"by": "certificate"}, {ANN}),
        ({"by": "token"}, {TOKEN}),
        ({"by": "local"}, {LOCAL}),
        ({"user": "eve"}, {LOCAL}),
        ({"user": "*"}, {ANN, TOKEN, LOCAL}),
        ({"user": "*@wlcg"}, {TOKEN}),
        ({"dn": "/DC=org/CN=Ann"}, {ANN}),
        ({"dn": "/DC=org/*"}, {ANN}),
        ({"dn": "bob"}, set()),
        ({"vo": "atlas"}, {ANN}),
        ({"vo": "*"}, {ANN, TOKEN}),
        ({"fqan": "/atlas/Role=production"}, {ANN}),
        ({"fqan": "/atlas"}, {ANN}),
        ({"fqan": "/atlas/*"}, {ANN}),
        ({"fqan": "/atlas/Role=NULL/Capability=NULL"}, {ANN}),
        ({"fqan": "/atlas/Role=prod"}, set()),
        ({"fqan": "/wlcg/prod"}, set()),
        ({"group": "/wlcg/prod", "issuer": "https://wlcg.example/"}, {TOKEN}),
        ({"group": "/wlcg/*", "issuer": "https://other.example/"}, set()),
        ({"group": "/atlas", "issuer": "*"}, set()),
        ({"role": "production"}, {ANN}),
        ({"role": "NULL"}, set()),
        ({"vo": "cms", "role": "production"}, set()),
        ({"issuer": "/DC=org/*"}, {ANN}),
        ({"issuer": "https://*"}, {TOKEN}),
    ],
)
def test_whom_a_rule_is_about(who: dict[str, str], whom: set[Caller]) -> None:
    rules = Rules([rule("administer", **who)])
    assert {one for one in (ANN, TOKEN, LOCAL) if rules.of(one).grant(Right.ADMINISTER)} == whom


HOSTILE = [
    "/DC=org/CN=Ann/CN=proxy",
    "/DC=org/CN=Ann/CN=limited proxy",
    "/DC=org/CN=Ann/CN=12345",
    "/DC=org/CN=Ann\n",
    "/DC=org/CN=Ann ",
    "/dc=org/cn=ann",
    "/DC=org/CN=\u0410nn",
    "/DC=org/CN=An\u006e\u0303",
    "//DC=org/CN=Ann",
    "/DC=org/CN=Ann/",
    "/DC=org/CN=Mallory/DC=org/CN=Ann",
    "*",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_only_look_alike_are_others(name: str) -> None:
    rules = Rules([rule("submit", dn="/DC=org/CN=Ann"), rule("query", fqan="/atlas/Role=production")], frozenset())
    verdict = rules.of(Caller(name, name, "atlas", (name, f"/atlas{name}", "/atlas/Role=production/x"), CA))
    assert verdict.grant(Right.SUBMIT) is None and verdict.grant(Right.QUERY) is None


def test_one_kind_of_issuer_cannot_speak_for_another() -> None:
    """A token whose subject is a DN, or whose group is an FQAN, is not that of a certificate."""
    rules = Rules(
        [rule("submit", dn="/DC=org/CN=Ann"), rule("query", fqan="/atlas"), rule("cancel", role="production")]
    )
    forged = Caller("x", "/DC=org/CN=Ann", "wlcg", ("/atlas", "/atlas/Role=production"), "https://wlcg.example/")
    assert not rules.of(forged).allowed


def test_a_mail_address_has_one_spelling() -> None:
    name = "/DC=org/Email=ann@example.org/CN=Ann"
    rules = Rules([rule("submit", dn="/DC=org/emailAddress=ann@example.org/CN=Ann")])
    assert rules.of(Caller(name, name, "", (), CA)).grant(Right.SUBMIT)


def test_rights_about_jobs_may_be_narrowed_to_vos() -> None:
    narrow = Rule(allow=frozenset({Right.CANCEL_OTHERS}), of_vo=(read_pattern("atlas"),))
    secret = Rule(deny=frozenset({Right.QUERY_OTHERS}), of_vo=(read_pattern("secret*"),))
    verdict = Rules([narrow, secret, rule("query-others")]).of(ANN)
    assert verdict.grant(Right.CANCEL_OTHERS, "atlas") and not verdict.grant(Right.CANCEL_OTHERS, "cms")
    assert not verdict.grant(Right.CANCEL_OTHERS), "not those of any VO"
    assert verdict.denial(Right.QUERY_OTHERS, "secret1") and not verdict.denial(Right.QUERY_OTHERS, "atlas")
    assert verdict.denial(Right.QUERY_OTHERS), "not all of them"


names = st.text(st.sampled_from("/ab*\\é="), max_size=12)


@given(names, names)
def test_a_literal_pattern_fits_its_name_alone(name: str, other: str) -> None:
    pattern = read_pattern(literal(name))
    assert pattern.fits(name) and pattern.exact and pattern.text == literal(name)
    assert pattern.fits(other) == (name == other)


@given(st.lists(st.text(st.sampled_from("ab/"), max_size=3), min_size=1, max_size=5), st.text(st.sampled_from("ab/")))
def test_stars_fit_as_the_slow_way_says(parts: list[str], name: str) -> None:
    def slow(rest: list[str], text: str) -> bool:
        if len(rest) == 1:
            return text.endswith(rest[0])
        return any(
            text.startswith(rest[0], at) and slow(rest[1:], text[at + len(rest[0]) :]) for at in range(len(text) + 1)
        )

    first, *rest = parts
    expected = name == first if not rest else name.startswith(first) and slow(rest, name[len(first) :])
    assert read_pattern("*".join(parts)).fits(name) == expected


def test_a_pattern_of_stars_costs_little() -> None:
    begin = time.process_time()
    assert not read_pattern("*a" * 100 + "*b").fits("a" * 5000)
    assert time.process_time() - begin < 0.1


_who = st.fixed_dictionaries(
    {},
    optional={
        "vo": st.sampled_from(["atlas", "cms", "*"]),
        "fqan": st.sampled_from(["/atlas", "/atlas/*", "*/Role=production", "/cms/*"]),
        "dn": st.sampled_from(["/DC=org/*", "/DC=org/CN=Ann", "*Ann", "*o*r*g*"]),
        "user": st.sampled_from(["eve", "*", "bob*"]),
        "issuer": st.sampled_from(["https://*", "/DC=org/CN=CA"]),
    },
)
_rules = st.lists(
    st.builds(
        lambda who, allow, deny: rule(allow, deny, **who),
        _who,
        st.sampled_from(["", "submit", "submit query"]),
        st.sampled_from(["", "", "submit", "cancel"]),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(_rules, st.randoms(use_true_random=False), st.sampled_from([ANN, TOKEN, LOCAL]))
def test_order_means_nothing_and_what_is_denied_stays_denied(
    found: list[Rule], mixed: random.Random, caller: Caller
) -> None:
    shuffled = mixed.sample(found, len(found))
    one, other = Rules(found).of(caller), Rules(shuffled).of(caller)
    about = [each for each in found if Rules([each]).of(caller).rules]
    for right in Right:
        denied = any(right in each.deny for each in about)
        allowed = any(right in each.allow for each in about)
        for verdict in (one, other):
            assert (verdict.denial(right) is not None) == denied
            assert (verdict.grant(right) is not None) == allowed
        more = Rules([*found, rule(allow=right.value)]).of(caller)
        assert (more.denial(right) is not None) == denied, "no rule can allow it again"


def test_ten_thousand_rules_decide_in_microseconds() -> None:
    many = [rule("cancel-others", dn=f"/DC=org/OU=Users/CN=user {number}") for number in range(4000)]
    many += [rule("query", dn=f"/DC=org/OU=Group {number}/*") for number in range(3000)]
    many += [rule(deny="submit", fqan=f"/vo{number}/Role=banned") for number in range(2000)]
    many += [rule("offer", user=f"*@issuer{number}") for number in range(1000)]
    rules = Rules(many)
    callers = [
        Caller(name, name, f"vo{number}", (f"/vo{number}", f"/vo{number}/Role=banned"), CA)
        for number in range(1000)
        for name in [f"/DC=org/OU=Users/CN=user {number}"]
    ]
    begin = time.process_time()
    first = [rules.of(caller) for caller in callers]
    cold = (time.process_time() - begin) / len(callers)
    begin = time.process_time()
    again = [rules.of(caller) for caller in callers for _ in range(10)]
    warm = (time.process_time() - begin) / len(again)
    assert all(one.grant(Right.CANCEL_OTHERS) and one.denial(Right.SUBMIT) and len(one.rules) == 2 for one in first)
    assert cold < 300e-6, f"{cold * 1e6:.0f} µs for somebody new"
    assert warm < 10e-6, f"{warm * 1e6:.1f} µs for somebody who is known"


def test_everybody_has_the_rights_of_a_user_where_nothing_is_said() -> None:
    assert Rules().of(LOCAL).everyone == USE
    assert Right.ADMINISTER not in USE and Right.CANCEL_OTHERS not in USE and Right.LOG in USE
