from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.bookkeeping.access.acl import Acl, Entry, IdType, Permission
from gridwms.rights.names import USE, Right
from gridwms.rights.rule import Rule
from gridwms.rights.rules import Rules
from gridwms.security.identity import Identity, Role
from gridwms.security.policy import Action, JobsOf, Object, OneAttempt, OneJob, OneSource, Service, allowed
from gridwms.security.scope import Scope

ALICE = Identity(subject="alice")
BOB = Identity(subject="bob")
OPERATOR = Identity(subject="root", roles=frozenset({Role.OPERATOR}))
WORKER = Identity(subject="attempt gw-a-1", capabilities=frozenset({"attempt:gw-a-1"}))
JOB = OneJob(key="K", owner="alice")

YES: list[tuple[Identity, Action, Object]] = [
    (ALICE, Action.SUBMIT, Service()),
    (ALICE, Action.CHECK, Service()),
    (BOB, Action.LOOK_AT_MARKET, Service()),
    *((ALICE, action, JOB) for action in (Action.READ, Action.FEED, Action.CANCEL, Action.FETCH, Action.PURGE)),
    *((OPERATOR, action, JOB) for action in (Action.READ, Action.CANCEL, Action.FETCH, Action.CLEAR, Action.PURGE)),
    (ALICE, Action.LIST, JobsOf(owner="alice")),
    (OPERATOR, Action.LIST, JobsOf(owner="")),
    (OPERATOR, Action.FOLLOW, JobsOf(owner="alice")),
    (WORKER, Action.WORK, OneAttempt(tag="gw-a-1")),
]
NO: list[tuple[Identity, Action, Object]] = [
    *((BOB, action, JOB) for action in Action),
    (BOB, Action.INTRODUCE, JOB),
    (OPERATOR, Action.FEED, JOB),
    (ALICE, Action.LIST, JobsOf(owner="bob")),
    (ALICE, Action.LIST, JobsOf(owner="")),
    (Identity(subject=""), Action.LIST, JobsOf(owner="")),
    (ALICE, Action.SUBMIT, JOB),
    (ALICE, Action.WORK, OneAttempt(tag="gw-a-1")),
    (OPERATOR, Action.WORK, OneAttempt(tag="gw-a-1")),
    (WORKER, Action.WORK, OneAttempt(tag="gw-a-2")),
    *((WORKER, action, JOB) for action in Action),
    *((WORKER, action, Service()) for action in Action),
    (BOB, Action.OFFER, OneSource(name="x")),
]


@pytest.mark.parametrize(("identity", "action", "what"), YES)
def test_may(identity: Identity, action: Action, what: Object) -> None:
    assert allowed(identity, action, what).yes


@pytest.mark.parametrize(("identity", "action", "what"), NO)
def test_may_not(identity: Identity, action: Action, what: Object) -> None:
    decision = allowed(identity, action, what)
    assert not decision.yes
    assert decision.reason.endswith(".")
    assert decision.advice


def test_a_refusal_names_job_owner_and_caller() -> None:
    assert allowed(BOB, Action.CANCEL, JOB).reason == "bob may not cancel job K: it belongs to alice."


ACL = Acl((Entry(IdType.DN, "bob", Permission.STATUS), Entry(IdType.FQAN, "/vo/Role=x", Permission.READ)))
SHARED = OneJob(key="K", owner="alice", access=ACL)


@pytest.mark.parametrize("action", Action)
def test_access_lists_open_looking_and_tagging_alone(action: Action) -> None:
    member = Identity(subject="zoe", groups=("/vo/Role=x",))
    denied = OneJob(
        key="K", owner="alice", access=Acl((*ACL.entries, Entry(IdType.DN, "zoe", Permission.READ, allow=False)))
    )
    assert allowed(BOB, action, SHARED).yes == (action is Action.STATUS)
    assert allowed(member, action, SHARED).yes == (action in (Action.READ, Action.STATUS))
    assert not allowed(member, action, denied).yes
    logger = Identity(subject="zoe", roles=frozenset({Role.LOGGER}))
    assert allowed(logger, action, SHARED).yes == (action is Action.LOG)
    assert allowed(BOB, Action.ARCHIVE, Service()).yes is False
    assert allowed(OPERATOR, Action.ARCHIVE, Service()).yes


def with_rules(identity: Identity, allow: str = "", deny: str = "", everyone: frozenset[Right] = USE) -> Identity:
    rule = Rule(allow=frozenset(map(Right, allow.split())), deny=frozenset(map(Right, deny.split())), where="x line 1")
    return replace(identity, verdict=Rules([rule], everyone).of(identity.caller))


def everything() -> list[tuple[Action, Object]]:
    objects = (Service(), JOB, JobsOf(owner="alice"), JobsOf(owner=""), OneSource(name="x", who=frozenset({"alice"})))
    return [(action, what) for action in Action for what in objects]


@pytest.mark.parametrize("who", [ALICE, BOB, OPERATOR, replace(BOB, roles=frozenset({Role.LOGGER}))])
def test_what_a_rule_denies_nothing_else_allows(who: Identity) -> None:
    """Neither ownership, nor an access list, nor a role, nor the configuration of a source."""
    denied = with_rules(who, allow=" ".join(Right), deny=" ".join(Right))
    for action, what in everything():
        found = allowed(denied, action, what)
        assert found.yes == (action is Action.INTRODUCE and what == Service()), action
    assert not denied.is_operator
    shared = OneJob(key="K", owner="zoe", access=Acl((Entry(IdType.DN, who.subject, Permission.READ),)))
    assert not allowed(with_rules(who, deny="query"), Action.READ, shared).yes
    assert "x line 1" in allowed(denied, Action.SUBMIT, Service()).reason


def test_what_nothing_allows_is_refused_and_operators_need_no_rule() -> None:
    none: frozenset[Right] = frozenset()
    for action, what in everything():
        assert not allowed(with_rules(ALICE, everyone=none), action, what).yes or action in (
            Action.INTRODUCE,
            Action.OFFER,
        )
    assert allowed(with_rules(ALICE, "query", everyone=none), Action.READ, JOB).yes
    assert not allowed(with_rules(BOB, "query", everyone=none), Action.READ, JOB).yes
    assert allowed(with_rules(BOB, "query-others", everyone=none), Action.READ, JOB).yes
    assert allowed(with_rules(OPERATOR, everyone=none), Action.READ, JOB).yes
    assert allowed(with_rules(BOB, "status-others"), Action.STATUS, JOB).yes
    assert not allowed(with_rules(BOB, "status-others"), Action.READ, JOB).yes
    assert not allowed(with_rules(BOB, " ".join(Right)), Action.FEED, JOB).yes, "nobody fills jobs of others"
    assert allowed(with_rules(BOB, "offer"), Action.OFFER, OneSource(name="x")).yes


def scoped(text: str) -> Identity:
    scopes = tuple(Scope(name, path) for name, _, path in (one.partition(":") for one in text.split()))
    return replace(ALICE, scopes=scopes)


@pytest.mark.parametrize(
    ("scopes", "yes", "no"),
    [
        ("compute.read", "READ STATUS LIST FETCH SEARCH FOLLOW", "SUBMIT CANCEL PURGE TAG FEED DELEGATE"),
        ("compute.create", "SUBMIT FEED CHECK DELEGATE", "READ CANCEL FETCH TAG"),
        ("compute.cancel", "CANCEL PURGE CLEAR", "READ SUBMIT TAG"),
        ("compute.modify", "TAG SHARE RETRY PRIORITIZE PURGE", "READ SUBMIT CANCEL"),
        ("storage.read:/", "FETCH", "READ STATUS LIST SUBMIT FEED CANCEL"),
        ("storage.modify:/", "FEED", "FETCH READ SUBMIT"),
        ("storage.create:/jobs/K", "FEED", "FETCH SUBMIT"),
        ("storage.read:/jobs/K", "FETCH", "FEED READ"),
        ("storage.read:/jobs/K/output", "FETCH", "READ"),
        ("storage.read:/jobs/K/input", "", "FETCH"),
        ("storage.read:/jobs/K2", "", "FETCH"),
        ("storage.read:/jobs/KK", "", "FETCH"),
        ("storage.stage:/", "", "FETCH FEED"),
        ("compute.cancel:/jobs/K", "CANCEL", "READ"),
        ("compute.cancel:/jobs/other", "", "CANCEL"),
        ("compute.read:/jobs/K", "READ FETCH STATUS", "LIST SEARCH"),
        ("compute.create:/jobs/K", "FEED", "SUBMIT"),
        ("compute.create compute.read", "SUBMIT READ", "CANCEL"),
        ("storage.read:/jobs/K compute.cancel", "FETCH CANCEL", "READ SUBMIT"),
    ],
)
def test_capabilities_of_tokens_reach_as_far_as_they_say(scopes: str, yes: str, no: str) -> None:
    who = scoped(scopes)
    objects: dict[Action, Object] = {
        **dict.fromkeys((Action.SUBMIT, Action.CHECK, Action.SEARCH, Action.DELEGATE), Service()),
        **dict.fromkeys((Action.LIST, Action.FOLLOW), JobsOf(owner="alice")),
    }
    for names, expected in ((yes, True), (no, False)):
        for action in (Action[name] for name in names.split()):
            found = allowed(who, action, objects.get(action, JOB))
            assert found.yes == expected, (action, found.reason)
    assert allowed(who, Action.INTRODUCE, Service()).yes
    assert not allowed(who, Action.CANCEL, replace(JOB, owner="bob")).yes, "a capability is no more than its user"
