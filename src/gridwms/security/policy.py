"""Who may do what: one function over an identity, an action and an object. Every route asks it.

Rules of VOs, groups and roles, access lists and bans will be read here too; callers do not change for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridwms.security.identity import Identity


class Action(StrEnum):
    """What a caller wants, as a verb."""

    SUBMIT = "submit jobs"
    CHECK = "check descriptions"
    LOOK_AT_MARKET = "look at resources and sites"
    LIST = "list"
    READ = "look at"
    FEED = "complete the input of"
    CANCEL = "cancel"
    FETCH = "fetch the output of"
    CLEAR = "clear"
    PURGE = "purge"
    WORK = "act as the wrapper of"
    FOLLOW = "follow the events of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsOf:
    """All jobs of one owner; an empty owner means everybody's."""

    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneJob:
    """A job, by its key."""

    key: str
    owner: str
    vo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneAttempt:
    """An attempt, by its tag."""

    tag: str


Object = Service | JobsOf | OneJob | OneAttempt


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `reason` is a sentence, also when the answer is yes (for an audit log)."""

    yes: bool
    reason: str
    advice: str = ""


_OF_JOB = frozenset({Action.READ, Action.FEED, Action.CANCEL, Action.FETCH, Action.CLEAR, Action.PURGE})
_OF_SERVICE = frozenset({Action.SUBMIT, Action.CHECK, Action.LOOK_AT_MARKET})
_OF_LISTS = frozenset({Action.LIST, Action.FOLLOW})
_OWNER_ONLY = frozenset({Action.FEED})
"""An operator ends and reads jobs, but does not put files into them."""


def allowed(identity: Identity, action: Action, object: Object) -> Decision:  # noqa: A002 (the word of the trade)
    """Whether `identity` may do `action` to `object`. Anything that is not foreseen is refused."""
    if identity.capabilities:
        return _by_capability(identity, action, object)
    match object:
        case Service() if action in _OF_SERVICE:
            return Decision(True, "Every user may.")
        case JobsOf(owner=owner) if action in _OF_LISTS:
            return _owner_or_operator(identity, action, owner, f"jobs of {owner}" if owner else "everybody's jobs")
        case OneJob(owner=owner, key=key) if action in _OF_JOB:
            if action in _OWNER_ONLY and identity.subject != owner:
                return _refusal(identity, action, f"job {key}", owner)
            return _owner_or_operator(identity, action, owner, f"job {key}")
    return Decision(
        False, f"{identity.subject} may not {action.value} here.", "Nothing foresees this; tell the operator."
    )


def _by_capability(identity: Identity, action: Action, object: Object) -> Decision:  # noqa: A002
    if action is Action.WORK and isinstance(object, OneAttempt) and f"attempt:{object.tag}" in identity.capabilities:
        return Decision(True, "The capability is for this attempt.")
    return Decision(
        False, "The capability of an attempt opens the routes of that attempt alone.", "Use a user's token."
    )


def _owner_or_operator(identity: Identity, action: Action, owner: str, what: str) -> Decision:
    if owner and identity.subject == owner:
        return Decision(True, "The owner may.")
    if identity.is_operator:
        return Decision(True, "An operator may.")
    return _refusal(identity, action, what, owner)


def _refusal(identity: Identity, action: Action, what: str, owner: str) -> Decision:
    belongs = f": it belongs to {owner}" if owner and what.startswith("job ") else ""
    return Decision(
        False,
        f"{identity.subject} may not {action.value} {what}{belongs}.",
        "Use the token of its owner, or ask the operator of the service.",
    )
