"""Who may do what: one function over an identity, an action and an object. Every route asks it.

Owners, access lists and roles are read here, and what the rules of the operator say (`gridwms.rights`), which comes
with the identity. What a rule denies nothing else allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridwms.bookkeeping.access.acl import NOBODY, Acl, Client, Permission
from gridwms.rights.names import Right
from gridwms.rights.rule import Rule
from gridwms.security.identity import Identity, Role
from gridwms.security.scope import Scope


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
    INTRODUCE = "ask who they are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsOf:
    """All jobs of one owner; an empty owner means everybody's."""

    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneJob:
    """A job, by its key, or one of another system by its id. `vo`: None when it is not known. `access`: what its owner
    allows others."""

    key: str
    owner: str
    vo: str | None = None
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


_SINGLE = {
    Action.SUBMIT: Right.SUBMIT,
    Action.CHECK: Right.CHECK,
    Action.LOOK_AT_MARKET: Right.LOOK,
    Action.SEARCH: Right.QUERY,
    Action.STATISTICS: Right.STATISTICS,
    Action.SUBSCRIBE: Right.SUBSCRIBE,
    Action.DELEGATE: Right.DELEGATE,
    Action.RECORD: Right.LOG,
    Action.ARCHIVE: Right.ADMINISTER,
    Action.OPERATE: Right.ADMINISTER,
}
"""The right that each action needs that is about the service as a whole."""
_OF_JOB: dict[Action, tuple[Right, tuple[Right, ...]]] = {
    Action.READ: (Right.QUERY, (Right.QUERY_OTHERS,)),
    Action.STATUS: (Right.QUERY, (Right.QUERY_OTHERS, Right.STATUS_OTHERS)),
    Action.FETCH: (Right.OUTPUT, (Right.OUTPUT_OTHERS,)),
    Action.CANCEL: (Right.CANCEL, (Right.CANCEL_OTHERS,)),
    Action.CLEAR: (Right.PURGE, (Right.PURGE_OTHERS,)),
    Action.PURGE: (Right.PURGE, (Right.PURGE_OTHERS,)),
    Action.TAG: (Right.MANAGE, (Right.MANAGE_OTHERS,)),
    Action.SHARE: (Right.MANAGE, (Right.MANAGE_OTHERS,)),
    Action.RETRY: (Right.MANAGE, (Right.MANAGE_OTHERS,)),
    Action.PRIORITIZE: (Right.MANAGE, (Right.MANAGE_OTHERS,)),
    Action.LOG: (Right.LOG, (Right.LOG_OTHERS,)),
    Action.FEED: (Right.SUBMIT, ()),
    Action.ATTACH: (Right.MANAGE, ()),
}
"""The right that each action on a job needs, and which, one of them, it needs as well when the job is not the caller's.
Nobody, and no operator, puts files into jobs of others or types to them."""
_OF_LISTS = {
    Action.LIST: _OF_JOB[Action.READ],
    Action.FOLLOW: _OF_JOB[Action.READ],
    Action.PURGE: _OF_JOB[Action.PURGE],
}
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
        Action.INTRODUCE,
    }
)
"""What changes nothing, or is only a wrapper at work."""
_BY_LIST = {
    Action.READ: (Permission.READ,),
    Action.STATUS: (Permission.READ, Permission.STATUS),
    Action.TAG: (Permission.TAG,),
}
"""What the access list of a job can allow to others, and which entries do."""


def allowed(identity: Identity, action: Action, object: Object) -> Decision:  # noqa: A002 (the word of the trade)
    """Whether `identity` may do `action` to `object`. Anything that is not foreseen is refused."""
    if identity.capabilities:
        return _by_capability(identity, action, object)
    if action is Action.INTRODUCE and isinstance(object, Service):
        return Decision(True, "Everybody who is known may.")
    if identity.scopes is not None and not _within(identity.scopes, action, object):
        return _beyond(identity.scopes, action)
    match object:
        case Service() if action in _SINGLE:
            return _of_service(identity, action)
        case JobsOf(owner=owner) if action in _OF_LISTS:
            right, others = _OF_LISTS[action]
            what = f"jobs of {owner}" if owner else "everybody's jobs"
            return _of_job(identity, action, right, others, OneJob(key="", owner=owner), what)
        case OneJob(key=key) if action in _OF_JOB:
            right, others = _OF_JOB[action]
            return _of_job(identity, action, right, others, object, f"job {key}")
        case OneSource(name=name, who=who) if action is Action.OFFER:
            return _of_source(identity, name, who)
        case OneSubscription(owner=owner, key=key) if action is Action.MANAGE:
            job = OneJob(key=key, owner=owner)
            others = (Right.MANAGE_OTHERS,)
            return _of_job(identity, action, Right.SUBSCRIBE, others, job, f"subscription {key}")
    return Decision(
        False, f"{identity.subject} may not {action.value} here.", "Nothing foresees this; tell the operator."
    )


def _of_service(identity: Identity, action: Action) -> Decision:
    right = _SINGLE[action]
    if (rule := identity.verdict.denial(right)) is not None:
        return _denied(identity, f"{action.value}", rule)
    if right in identity.verdict.everyone:
        return Decision(True, "Every user may.")
    if (rule := identity.verdict.grant(right)) is not None:
        return _granted(rule)
    if identity.is_operator:
        return Decision(True, "An operator may.")
    return Decision(False, f"{identity.subject} may not {action.value} here.", _ASK_FOR.format(right))


def _of_job(
    identity: Identity, action: Action, right: Right, others: tuple[Right, ...], job: OneJob, what: str
) -> Decision:
    """Two questions: whether the caller has the right at all, and whether the job is one of those it reaches."""
    verdict, wish = identity.verdict, f"{action.value} {what}"
    if (rule := verdict.denial(right)) is not None:
        return _denied(identity, wish, rule)
    entitled = right in verdict.everyone or verdict.grant(right) is not None
    by_list = entitled and _on_list(identity, action, job)
    if job.owner and identity.subject == job.owner:
        if entitled or identity.is_operator:
            return Decision(True, "The owner may.")
        return Decision(False, f"{identity.subject} may not {wish}: no rule allows it.", _ASK_FOR.format(right))
    if by_list:
        return Decision(True, "The access list of the job allows it.")
    refused = [rule for one in others if (rule := verdict.denial(one, job.vo)) is not None]
    if len(refused) == len(others) and refused:
        return _denied(identity, wish, refused[0])
    for one in others:
        if verdict.denial(one, job.vo) is None and (rule := verdict.grant(one, job.vo)) is not None:
            return _granted(rule)
    if Right.LOG_OTHERS in others and Role.LOGGER in identity.roles:
        return Decision(True, "The events of all jobs may be logged by this one.")
    if others and identity.is_operator:
        return Decision(True, "An operator may.")
    return _refusal(identity, action, what, job.owner)


def _of_source(identity: Identity, name: str, who: frozenset[str]) -> Decision:
    wish = f"{Action.OFFER.value} the source '{name}'"
    if (rule := identity.verdict.denial(Right.OFFER)) is not None:
        return _denied(identity, wish, rule)
    if identity.is_operator or not who.isdisjoint((identity.subject, *identity.groups)):
        return Decision(True, "The configuration of the source names them, or they are an operator.")
    if (rule := identity.verdict.grant(Right.OFFER)) is not None:
        return _granted(rule)
    return Decision(False, f"{identity.subject} may not {wish}.", "The operator names who may in its configuration.")


_ASK_FOR = "Ask the operators of the service for the right '{}'; 'gridwms whoami' shows those that you have."


def _denied(identity: Identity, wish: str, rule: Rule) -> Decision:
    note = f": {rule.note}" if rule.note else ""
    sentence = f"{identity.subject} may not {wish}: the rule for {rule.shown} denies it ({rule.where}){note}."
    return Decision(False, sentence, "Ask the operators of the service.")


def _granted(rule: Rule) -> Decision:
    return Decision(True, f"The rule for {rule.shown} allows it ({rule.where}).")


_READ, _CREATE, _CANCEL, _MODIFY = "compute.read", "compute.create", "compute.cancel", "compute.modify"
_FETCH, _PUT = "storage.read", ("storage.create", "storage.modify")
_SCOPES: dict[Action, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *(Action.READ, Action.STATUS, Action.LIST, Action.FOLLOW, Action.SEARCH, Action.STATISTICS),
            *(Action.LOOK_AT_MARKET, Action.SUBSCRIBE, Action.MANAGE),
        ),
        (_READ,),
    ),
    Action.FETCH: (_READ, _FETCH),
    Action.CHECK: (_READ, _CREATE),
    Action.SUBMIT: (_CREATE,),
    Action.DELEGATE: (_CREATE,),
    Action.FEED: (_CREATE, *_PUT),
    Action.CANCEL: (_CANCEL,),
    **dict.fromkeys((Action.CLEAR, Action.PURGE), (_MODIFY, _CANCEL)),
    **dict.fromkeys(
        (
            *(Action.TAG, Action.SHARE, Action.LOG, Action.RECORD, Action.RETRY),
            *(Action.PRIORITIZE, Action.ATTACH, Action.ARCHIVE, Action.OPERATE, Action.OFFER),
        ),
        (_MODIFY,),
    ),
}
"""What a token that names capabilities must name for each action (WLCG profile 1.x, compute.* and storage.*); any of
them is enough."""
_SANDBOX = {Action.FETCH: "/output", Action.FEED: "/input"}


def _within(scopes: tuple[Scope, ...], action: Action, object: Object) -> bool:  # noqa: A002
    """Whether a capability reaches this far. A job's path is that of its id, `/jobs/<key>`, its sandboxes are below
    it; what is about no single job needs a capability without a path, or with the path of all."""
    path = f"/jobs/{object.key}{_SANDBOX.get(action, '')}" if isinstance(object, OneJob) else "/"
    return any(scope.name in _SCOPES.get(action, ()) and scope.covers(path) for scope in scopes)


def _beyond(scopes: tuple[Scope, ...], action: Action) -> Decision:
    needed = " or ".join(sorted(_SCOPES.get(action, ()))) or "nothing"
    shown = ", ".join(map(str, scopes[:5]))
    return Decision(
        False,
        f"The token is good for {shown}, and to {action.value} it needs {needed}.",
        "Get a token with that scope (and no narrower path), or one without capabilities.",
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


def _refusal(identity: Identity, action: Action, what: str, owner: str) -> Decision:
    belongs = f": it belongs to {owner}" if owner and what.startswith("job ") else ""
    return Decision(
        False,
        f"{identity.subject} may not {action.value} {what}{belongs}.",
        "Use the token of its owner, or ask the operator of the service.",
    )
