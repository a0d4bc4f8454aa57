"""Access lists and the policy file."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.bookkeeping.access.acl import (
    Acl,
    BadAcl,
    Client,
    Entry,
    IdType,
    Permission,
    acl_of,
    changed,
    read_gacl,
    with_acl,
    write_gacl,
)
from gridwms.bookkeeping.access.policy import Action, BadPolicy, parse_policy
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.machine.replay import replay
from tests.bookkeeping import streams

ANN, BOB = Client("/CN=Ann"), Client("/CN=Bob", ("/atlas/prod/Role=admin/Capability=NULL", "/atlas"))
READ, TAG = Permission.READ, Permission.TAG

entries = st.builds(
    Entry,
    st.sampled_from([IdType.DN, IdType.FQAN]),
    st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=12),
    st.sampled_from(Permission),
    st.booleans(),
) | st.builds(Entry, st.just(IdType.GROUP), st.just("atlas:/atlas/prod"), st.sampled_from(Permission), st.booleans())


@given(st.lists(entries, max_size=4))
def test_gacl_and_back(found: list[Entry]) -> None:
    acl = Acl(tuple(found))
    assert read_gacl(write_gacl(acl)) == acl


@settings(max_examples=400)
@given(st.text(max_size=50) | st.text('<>/=" gaclentrypersondnallowread&;#', max_size=80))
def test_any_text_is_an_access_list_or_a_named_error(text: str) -> None:
    for one in (text, f"<gacl><entry>{text}</entry></gacl>"):
        try:
            read_gacl(one)
        except BadAcl:
            continue


def test_gacl_as_it_is_written_by_hand() -> None:
    acl = read_gacl(
        '<?xml version="1.0"?>\n<gacl version="0.9.0">\n <!-- x -->\n <entry>\n  <person><dn>/CN=Ann</dn></person>\n'
        "  <allow><read/><list/><write/></allow>\n  <deny></deny>\n </entry>\n</gacl>\n"
    )
    assert acl == Acl((Entry(IdType.DN, "/CN=Ann", READ), Entry(IdType.DN, "/CN=Ann", TAG)))


def test_a_status_with_its_list() -> None:
    acl = Acl((Entry(IdType.DN, "/CN=Bob", TAG), Entry(IdType.FQAN, "/atlas", READ, allow=False)))
    status = with_acl(STATUS, acl)
    assert status.access_rights == "allow TAG DN /CN=Bob\ndeny READ FQAN /atlas"
    assert read_gacl(status.acl or "") == acl
    assert with_acl(status, Acl()) == STATUS


def test_what_an_entry_is_about() -> None:
    assert Entry(IdType.FQAN, "/atlas/prod/Role=admin", READ).applies_to(BOB)
    assert Entry(IdType.GROUP, "atlas:/atlas/prod", READ).applies_to(BOB)
    assert not Entry(IdType.GROUP, "atlas:/atlas/other", READ).applies_to(BOB)
    assert not Entry(IdType.FQAN, "/cms", READ).applies_to(BOB)
    assert Entry(IdType.DN, "/CN=Ann", READ).applies_to(Client("/CN=Ann/CN=proxy"))


def test_a_denial_outweighs() -> None:
    allow, deny = Entry(IdType.FQAN, "/atlas", READ), Entry(IdType.DN, "/CN=Bob", READ, allow=False)
    assert Acl((allow,)).allows(BOB, READ)
    assert not Acl((allow,)).allows(BOB, TAG)
    assert not Acl((allow, deny)).allows(BOB, READ)
    assert not Acl().allows(ANN, READ)


def acl_event(number: int, operation: str, **data: str) -> Event:
    values = {
        "user_id": "/CN=Bob",
        "user_id_type": "DN",
        "permission": "READ",
        "permission_type": "ALLOW",
        "operation": operation,
    } | data
    code = f"UI={number:06d}:NS=0:WM=0:BH=0:JSS=0:LM=0:LRMS=0:APP=0"
    return Event("ChangeACL", number, streams.JOB, "UserInterface", code, data=values)


def test_lists_from_events_in_any_order() -> None:
    events = [
        acl_event(1, "ADD"),
        acl_event(2, "ADD"),
        acl_event(3, "REMOVE"),
        acl_event(4, "ADD", permission="TAG"),
        acl_event(5, "REMOVE", user_id="/CN=Nobody"),
        acl_event(6, "ADD", user_id_type="GROUP"),
    ]
    expected = Acl((Entry(IdType.DN, "/CN=Bob", TAG),))
    rng = random.Random(1)
    for _ in range(30):
        assert acl_of(streams.disturbed(rng, events)) == expected
    with pytest.raises(BadAcl, match="vo:group"):
        changed(Acl(), events[-1])
    with pytest.raises(BadAcl):
        changed(Acl(), replace(events[0], data={}))


POLICY = """
# who may do what
resource "LB" {
    action "READ_ALL" {
        rule permit { subject = "/CN=Ann" }
        rule permit { fqan = "/atlas" subject = "/CN=Bob" }
    }
    action "LOG_CE_EVENTS" { rule permit { subject = ".*" } }
    action "GET_STATISTICS" { rule permit { rule any } }
    action "PURGE" { }
    action "ADMIN_ACCESS" { rule permit { } }
}
"""


def test_policy() -> None:
    policy = parse_policy(POLICY)
    assert policy.permits(Action.READ_ALL, ANN)
    assert policy.permits(Action.READ_ALL, BOB)
    assert not policy.permits(Action.READ_ALL, Client("/CN=Bob"))
    assert policy.permits(Action.LOG_CE_EVENTS, ANN)
    assert policy.permits(Action.GET_STATISTICS, ANN)
    for action in (Action.PURGE, Action.ADMIN_ACCESS, Action.REGISTER_JOBS):
        assert not policy.permits(action, ANN)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: 'resource' was expected"),
        ('resource "X" { }', "undefined resource 'X'"),
        ('resource "LB" {\n action "FLY" { } }', "line 2: undefined action 'FLY'"),
        ('resource "LB" { action "PURGE" { rule permit { colour = "x" } } }', "undefined attribute 'colour'"),
        ('resource "LB" { action "PURGE" { rule deny { } } }', "'permit' was expected, not 'deny'"),
        ('resource "LB" { action "PURGE" { rule permit { subject = x } } }', "a text in quotes was expected"),
        ('resource "LB" { action "PURGE" {', "'}' was expected, not 'the end'"),
        ('resource "LB" { } more', "not 'more'"),
        ('resource "LB" { ; }', "';' is not expected"),
    ],
)
def test_bad_policies(text: str, message: str) -> None:
    with pytest.raises(BadPolicy, match=message):
        parse_policy(text)


@given(st.text(max_size=60) | st.text('resource action rule permit "LB"{}=#\n', max_size=80))
def test_any_text_is_a_policy_or_a_named_error(text: str) -> None:
    try:
        parse_policy(text)
    except BadPolicy as error:
        assert error.line >= 1


STATUS = replay(streams.simple(random.Random(2))[0]).status
OWNER = Client(streams.OWNER)


def test_payload_ownership_in_either_order() -> None:
    out: list[Event] = []
    chain = streams.Chain(streams.Clock(random.Random(1)), out)
    streams.registered(chain)
    pair = [
        chain.log(streams.UI, "GrantPayloadOwnership", payload_owner="/CN=Bob"),
        replace(chain.log(streams.APP, "TakePayloadOwnership"), user="/CN=Bob"),
    ]
    swapped = [replace(one, seqcode=other.seqcode) for one, other in zip(pair, reversed(pair), strict=True)]
    for events in ([out[0], *pair], [out[0], *swapped]):
        assert replay(events).status.payload_owner == "/CN=Bob"
    assert replay([out[0], pair[0], replace(pair[1], user="/CN=Eve")]).status.payload_owner is None
