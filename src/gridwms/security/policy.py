"""Who may do what: one function over an identity, an action and an object. Every route asks it.

Owners, access lists and roles are read here. Rules of VOs and bans will be too; callers do not change for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridwms.bookkeeping.access.acl import NOBODY, Acl, Client, Permission
from gridwms.security.identity import Identity, Role


class Action(StrEnum):
    """What a caller wants, as a verb."""

    SUBMIT = "submit jobs"
    CHECK = "check descriptions"
    LOOK_AT_MARKET = "look at resources and sites"
    LIST = "list"
    READ = "look at"
    STATUS = "see the status of"
    TAG = "tag"
    SHARE = "change the access to"
    LOG = "log events of"
    FEED = "complete the input of"
    CANCEL = "cancel"
    FETCH = "fetch the output of"
    CLEAR = "clear"
    PURGE = "purge"
    RETRY = "retry"
    PRIORITIZE = "change the priority of"
    ATTACH = "attach to"
    WORK = "act as the wrapper of"
    FOLLOW = "follow the events of"
    SUBSCRIBE = "subscribe to events"
    MANAGE = "change"
    DELEGATE = "delegate"
    RECORD = "log events"
    SEARCH = "search"
    STATISTICS = "see the statistics of"
    ARCHIVE = "archive jobs of"
    OFFER = "hand in resources to"
    OPERATE = "drain, resume and change sites, and ask information sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsOf:
    """All jobs of one owner; an empty owner means everybody's."""

    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneJob:
    """A job, by its key, or one of another system by its id. `access`: what its owner allows others."""

    key: str
    owner: str
    vo: str = ""
    access: Acl = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class OneAttempt:
    """An attempt, by its tag."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSubscription:
    """A subscription, by its key."""

    key: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSource:
    """An information source that takes what is handed in, by its name. `who`: subjects and groups that may."""

    name: str
    who: frozenset[str] = frozenset()


Object = Service | JobsOf | OneJob | OneAttempt | OneSubscription | OneSource


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `reason` is a sentence, also when the answer is yes (for an audit log)."""

    yes: bool
    reason: str
    advice: str = ""


_OF_JOB = frozenset(
    {
        Action.READ,
        Action.STATUS,
        Action.TAG,
        Action.SHARE,
        Action.LOG,
        Action.FEED,
        Action.CANCEL,
        Action.FETCH,
        Action.CLEAR,
        Action.PURGE,
        Action.RETRY,
        Action.PRIORITIZE,
        Action.ATTACH,
    }
)
_OF_SERVICE = frozenset(
    {
        Action.SUBMIT,
        Action.CHECK,
        Action.LOOK_AT_MARKET,
        Action.RECORD,
        Action.SEARCH,
        Action.STATISTICS,
        Action.SUBSCRIBE,
        Action.DELEGATE,
    }
)
LOOKS = frozenset(
    {
        Action.CHECK,
        Action.LOOK_AT_MARKET,
        Action.LIST,
        Action.READ,
        Action.STATUS,
        Action.FOLLOW,
        Action.SEARCH,
        Action.STATISTICS,
        Action.WORK,
    }
)
"""What changes nothing, or is only a wrapper at work."""
_OF_OPERATORS = frozenset({Action.ARCHIVE, Action.OPERATE})
_BY_LIST = {
    Action.READ: (Permission.READ,),
    Action.STATUS: (Permission.READ, Permission.STATUS),
    Action.TAG: (Permission.TAG,),
}
"""What the access list of a job can allow to others, and which entries do."""
_OF_LISTS = frozenset({Action.LIST, Action.FOLLOW, Action.PURGE})
_OWNER_ONLY = frozenset({Action.FEED, Action.ATTACH})
"""An operator ends and reads jobs, but does not put files into them, and does not type to them."""


def allowed(identity: Identity, action: Action, object: Object) -> Decision:  # noqa: A002 (the word of the trade)
    """Whether `identity` may do `action` to `object`. Anything that is not foreseen is refused."""
    if identity.capabilities:
        return _by_capability(identity, action, object)
    if identity.scopes is not None and not identity.scopes & _SCOPES.get(action, frozenset()):
        return _beyond(identity.scopes, action)
    match object:
        case Service() if action in _OF_SERVICE:
            return Decision(True, "Every user may.")
        case Service() if action in _OF_OPERATORS and identity.is_operator:
            return Decision(True, "An operator may.")
        case JobsOf(owner=owner) if action in _OF_LISTS:
            return _owner_or_operator(identity, action, owner, f"jobs of {owner}" if owner else "everybody's jobs")
        case OneJob(owner=owner, key=key) if action in _OF_JOB:
            if action in _OWNER_ONLY and identity.subject != owner:
                return _refusal(identity, action, f"job {key}", owner)
            if action is Action.LOG and Role.LOGGER in identity.roles:
                return Decision(True, "The events of all jobs may be logged by this one.")
            if _on_list(identity, action, object):
                return Decision(True, "The access list of the job allows it.")
            return _owner_or_operator(identity, action, owner, f"job {key}")
        case OneSource(name=name, who=who) if action is Action.OFFER:
            if identity.is_operator or not who.isdisjoint((identity.subject, *identity.groups)):
                return Decision(True, "The configuration of the source names them, or they are an operator.")
            return Decision(
                False,
                f"{identity.subject} may not {action.value} the source '{name}'.",
                "The operator names who may in its configuration.",
            )
        case OneSubscription(owner=owner, key=key) if action is Action.MANAGE:
            return _owner_or_operator(identity, action, owner, f"subscription {key}")
    return Decision(
        False, f"{identity.subject} may not {action.value} here.", "Nothing foresees this; tell the operator."
    )


_READ, _CREATE, _CANCEL, _MODIFY = "compute.read", "compute.create", "compute.cancel", "compute.modify"
_SCOPES: dict[Action, frozenset[str]] = {
    **dict.fromkeys(
        (
            *(Action.READ, Action.STATUS, Action.LIST, Action.FETCH, Action.FOLLOW, Action.SEARCH, Action.STATISTICS),
            *(Action.LOOK_AT_MARKET, Action.SUBSCRIBE, Action.MANAGE),
        ),
        frozenset({_READ}),
    ),
    Action.CHECK: frozenset({_READ, _CREATE}),
    Action.SUBMIT: frozenset({_CREATE}),
    Action.FEED: frozenset({_CREATE}),
    Action.CANCEL: frozenset({_CANCEL}),
    **dict.fromkeys(
        (
            *(Action.TAG, Action.SHARE, Action.LOG, Action.RECORD, Action.CLEAR, Action.PURGE, Action.RETRY),
            *(Action.PRIORITIZE, Action.ATTACH, Action.ARCHIVE, Action.OPERATE),
        ),
        frozenset({_MODIFY}),
    ),
}
"""What a token that names capabilities must name for each action (WLCG profile: compute.*); any of them is enough."""


def _beyond(scopes: frozenset[str], action: Action) -> Decision:
    needed = " or ".join(sorted(_SCOPES.get(action, ()))) or "nothing"
    shown = ", ".join(sorted(scopes)[:5])
    return Decision(
        False,
        f"The token is good for {shown}, and to {action.value} it needs {needed}.",
        "Get a token with that scope, or one without capabilities.",
    )


def _on_list(identity: Identity, action: Action, job: OneJob) -> bool:
    client = Client(identity.subject, identity.groups)
    return any(job.access.allows(client, permission) for permission in _BY_LIST.get(action, ()))


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
