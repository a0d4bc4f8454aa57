"""What somebody may do and why, right by right: the policy is asked with an example for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gridwms.rights.names import OF_JOBS, Right
from gridwms.security.identity import Identity
from gridwms.security.policy import Action, Decision, JobsOf, Object, OneJob, OneSource, Service


@dataclass(frozen=True, slots=True)
class Ruling:
    """`why`: a sentence."""

    right: Right
    yes: bool
    why: str


_SERVICE = {
    Right.SUBMIT: Action.SUBMIT,
    Right.CHECK: Action.CHECK,
    Right.LOOK: Action.LOOK_AT_MARKET,
    Right.DELEGATE: Action.DELEGATE,
    Right.SUBSCRIBE: Action.SUBSCRIBE,
    Right.STATISTICS: Action.STATISTICS,
    Right.LOG: Action.RECORD,
    Right.ADMINISTER: Action.OPERATE,
}
_OWN = {
    Right.QUERY: Action.READ,
    Right.OUTPUT: Action.FETCH,
    Right.CANCEL: Action.CANCEL,
    Right.PURGE: Action.PURGE,
    Right.MANAGE: Action.TAG,
}
_OTHERS = {
    Right.STATUS_OTHERS: Action.STATUS,
    Right.OUTPUT_OTHERS: Action.FETCH,
    Right.CANCEL_OTHERS: Action.CANCEL,
    Right.PURGE_OTHERS: Action.PURGE,
    Right.MANAGE_OTHERS: Action.TAG,
    Right.LOG_OTHERS: Action.LOG,
}


def rulings(identity: Identity, judge: Callable[[Action, Object], Decision]) -> list[Ruling]:
    """All rights in their order."""
    return [_ruling(identity, right, judge) for right in Right]


def _example(identity: Identity, right: Right) -> tuple[Action, Object]:
    if right in _SERVICE:
        return _SERVICE[right], Service()
    if right in _OWN:
        return _OWN[right], OneJob(key="of their own", owner=identity.subject)
    if right in _OTHERS:
        return _OTHERS[right], OneJob(key="of others", owner="")
    if right is Right.QUERY_OTHERS:
        return Action.LIST, JobsOf(owner="")
    return Action.OFFER, OneSource(name="any")


def _ruling(identity: Identity, right: Right, judge: Callable[[Action, Object], Decision]) -> Ruling:
    found = judge(*_example(identity, right))
    if found.yes or right not in OF_JOBS:
        return Ruling(right, found.yes, found.reason)
    action = _OTHERS.get(right, Action.READ)
    for rule in identity.verdict.allowed.get(right, ()):
        for vo in rule.of_vo:
            some = judge(action, OneJob(key="of others", owner="", vo=vo.text))
            if some.yes:
                return Ruling(right, True, f"For jobs of the VO {vo.text}: {some.reason}")
    return Ruling(right, False, found.reason)
