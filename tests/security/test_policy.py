from __future__ import annotations

import pytest

from gridwms.bookkeeping.access.acl import Acl, Entry, IdType, Permission
from gridwms.security.identity import Identity, Role
from gridwms.security.policy import Action, JobsOf, Object, OneAttempt, OneJob, Service, allowed

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
