"""The desk: who is calling, and whether they may. Every route stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from gridwms.api.connection import chain_of
from gridwms.api.settings import Settings
from gridwms.flow import status
from gridwms.flow.bookkeeping.named import Named, booked, named
from gridwms.flow.bookkeeping.search import Asker
from gridwms.flow.bookkeeping.settle import settle
from gridwms.flow.errors import Draining, FlowError, NotPermitted, UnknownJob
from gridwms.flow.world import World
from gridwms.jobs.ids import key_of
from gridwms.security import policy
from gridwms.security.authenticate import Gatekeeper, Shown
from gridwms.security.identity import Identity
from gridwms.security.policy import Action, Decision, JobsOf, Object, OneJob, Service
from gridwms.security.tokens.keys import IssuerSilent, KeysMissing

COOKIE = "gridwms_session"
_SAFE = ("GET", "HEAD", "OPTIONS")
_WEIGHTS = {
    Action.SUBMIT: 1,
    Action.CHECK: 1,
    Action.CANCEL: 2,
    Action.CLEAR: 2,
    Action.PURGE: 2,
    Action.RETRY: 2,
    Action.FETCH: 2,
    Action.LIST: 3,
    Action.SEARCH: 3,
    Action.STATISTICS: 3,
}
"""How many thresholds of the load limiter must be passed for this to be refused (gLite reference §4.7). What is not
named never is: a job that was registered can be completed, and operators can always look and act."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of a known caller."""

    world: World
    settings: Settings
    identity: Identity

    def may(self, action: Action, what: Object | None = None) -> None:
        """Return when the caller may do `action` (to the service as a whole by default); else raise NotPermitted.

        Raises Overloaded when the service has too much to do for that, Draining when it takes no new work.
        """
        decision = self._decide(action, what or Service())
        if not decision.yes:
            raise NotPermitted(decision.reason, decision.advice)
        if action is Action.SUBMIT and self.world.drain.stops(self.identity):
            raise Draining
        self._bear(action)

    def _bear(self, action: Action) -> None:
        weight = _WEIGHTS.get(action)
        if weight is not None and self.world.load is not None:
            self.world.load.check(weight)

    def job(self, job: str, action: Action) -> str:
        """The key of a job, given by id or key, to which the caller may do `action`. UnknownJob, NotPermitted."""
        keys, refused = self.jobs([job], action)
        for error in refused.values():
            raise error
        return keys[0]

    def jobs(self, jobs: Sequence[str], action: Action) -> tuple[list[str], dict[str, FlowError]]:
        """Of many jobs the keys to which the caller may do `action`, and for the others why not, as they were given."""
        self._bear(action)
        refused: dict[str, FlowError] = {}
        keys: dict[str, str] = {}
        for job in jobs:
            try:
                keys[job] = key_in(job)
            except UnknownJob as error:
                refused[job] = error
        held = status.held(self.world, set(keys.values()))
        allowed = []
        for job, key in keys.items():
            if key not in held:
                refused[job] = UnknownJob(key)
                continue
            decision = self._decide(action, status.held_job(key, held[key]))
            if decision.yes:
                allowed.append(key)
            else:
                refused[job] = NotPermitted(decision.reason, decision.advice)
        return list(dict.fromkeys(allowed)), refused

    def judge(self, action: Action, what: Object) -> Decision:
        """What bans and the policy say to the caller's doing something: for lists, which leave out what they refuse."""
        banned = self._banned() if action is not Action.INTRODUCE else None
        return banned or policy.allowed(self.identity, action, what)

    def again(self) -> Desk:
        """The same caller, as the rules are now: for what takes long."""
        return replace(self, identity=self.settings.gatekeeper.judged(self.identity))

    def _decide(self, action: Action, what: Object) -> Decision:
        """The same for what was asked for; it is written down."""
        decision = self.judge(action, what)
        if self.settings.audit is not None:
            self.settings.audit.note(self.identity, action, what, decision)
        return decision

    @property
    def ban(self) -> str:
        """Why the caller may do nothing for now; "" when nothing is against it."""
        banned = self._banned()
        return "" if banned is None else banned.reason

    def _banned(self) -> Decision | None:
        """The refusal for one who is banned. Operators are not, so that nobody can lock all of them out."""
        caller = self.identity
        if caller.capabilities or caller.is_operator:
            return None
        ban = self.world.bans.on(caller.subject, caller.vo, caller.groups)
        return None if ban is None else Decision(False, ban.sentence, "Ask the operators of the service.")

    @property
    def asker(self) -> Asker:
        """The caller, for questions that find what they are about by themselves."""
        return Asker(self.identity, self.judge)

    def any_job(self, job: str, action: Action) -> Named:
        """A job of ours, or of another system, to which the caller may do `action`. UnknownJob, NotPermitted."""
        found = named(self.world, job)
        if found.key:
            return Named(found.id, self.job(found.key, action))
        settle(self.world.database, 1, [found.id])
        known = booked(self.world, [found.id]).get(found.id)
        if known is None:
            raise UnknownJob(found.id)
        owner = known.owner_for(self.identity.subject)
        self.may(action, OneJob(key=found.id, owner=owner, access=known.access))
        return found

    def whose(self, owner: str, action: Action) -> str | None:
        """Whose jobs are meant by `owner`: the caller's own when empty, everybody's (None) for `*`. NotPermitted."""
        name = "" if owner == "*" else owner or self.identity.subject
        self.may(action, JobsOf(owner=name))
        return name or None


def key_in(job: str) -> str:
    """The key in a job's id or key; UnknownJob when there is none."""
    try:
        return key_of(job)
    except ValueError as error:
        raise UnknownJob(job[:200]) from error


def shown(request: HTTPConnection, tag: str = "") -> Shown:
    """What a request, or the beginning of a WebSocket, shows about its sender."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return Shown(
        bearer=token.strip() if scheme.lower() == "bearer" else "",
        session=request.cookies.get(COOKIE, ""),
        chain=chain_of(request),
        safe=request.scope.get("method", "GET") in _SAFE,
        cross_site=request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"),
        tag=tag,
    )


async def desk(request: HTTPConnection) -> Desk:
    """The desk for this request. Raises NotIdentified."""
    settings: Settings = request.app.state.settings
    return Desk(request.app.state.world, settings, await identified(settings.gatekeeper, shown(request)))


async def identified(gatekeeper: Gatekeeper, sender: Shown) -> Identity:
    """Who shows this. What has to be fetched for that is fetched beside the event loop. Raises SecurityError."""
    try:
        return gatekeeper.identify(sender)
    except KeysMissing as missing:
        await to_thread.run_sync(missing.fetch)
    try:
        return gatekeeper.identify(sender)
    except KeysMissing:
        raise IssuerSilent("The keys of the token's issuer could not be fetched.", "Try again in a while.") from None


AtDesk = Annotated[Desk, Depends(desk)]
Archived = Annotated[bool, Query(description="look in the archive")]
