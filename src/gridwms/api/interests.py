"""From the filter that a caller gives to the events that the caller may hear of."""

from __future__ import annotations

import time
from collections.abc import Callable

from anyio import to_thread

from gridwms.api.desk import Desk
from gridwms.api.errors import BadQuery
from gridwms.api.models.filter import FilterIn
from gridwms.api.settings import Settings
from gridwms.flow.errors import FlowError, NotPermitted
from gridwms.flow.world import World
from gridwms.jobs.interest import BadInterest, Interest
from gridwms.security.identity import Identity
from gridwms.security.policy import Action, JobsOf
from gridwms.security.token import is_user_name

LOOK = 5.0
"""Seconds between two looks whether a listener may still hear."""


def permitted(at: Desk, asked: FilterIn) -> Interest:
    """The filter, with the owner whose jobs are meant. Raises BadQuery, NotPermitted, UnknownJob.

    Jobs that are named may be anybody's whom the caller may look at; without names they are those of one owner.
    """
    try:
        pairs = asked.pairs()
        found = Interest.read(pairs)
        if asked.owner or not (found.jobs or found.parents):
            return Interest.read(pairs, at.whose(asked.owner, Action.FOLLOW))
    except BadInterest as error:
        raise BadQuery(str(error), "See docs/user/notifications.md for the filters that there are.") from error
    _keys, refused = at.jobs(sorted(found.jobs | found.parents), Action.READ)
    for reason in refused.values():
        raise reason
    return found


def withdrawn(
    world: World, settings: Settings, subject: str, interest: Interest, shown: Identity | None = None
) -> FlowError | None:
    """Why somebody may no longer hear of what he was once permitted to hear of; None: he may. StoreUnavailable.

    `shown`: who he was when he came, if he is here. Who comes with a certificate or somebody's token has groups that
    only he can show; while he is away nobody can tell what they would permit, and only a ban withdraws anything.
    """
    gate = settings.gatekeeper
    if shown is not None and shown.issuer:
        if shown.ends is not None and shown.ends.timestamp() <= world.clock():
            return NotPermitted("The token or proxy that was shown has run out.", "Connect again with a new one.")
        identity = gate.judged(shown)
    elif (known := gate.by_name(subject)) is not None:
        identity = known
    elif shown is not None or (is_user_name(subject) and not gate.believes_others):
        return NotPermitted(f"The service does not know '{subject}' any more.", "Ask its operator for a token.")
    else:
        ban = world.bans.on(subject)
        return None if ban is None else NotPermitted(ban.sentence, "Ask the operators of the service.")
    at = Desk(world, settings, identity)
    named = sorted(interest.jobs | interest.parents)
    try:
        at.may(Action.FOLLOW, JobsOf(owner=interest.owner or ""))
    except NotPermitted as error:
        if interest.owner is not None or not named:
            return error
        _keys, refused = at.jobs(named, Action.READ)
        return next((why for why in refused.values() if isinstance(why, NotPermitted)), None)
    return None


class Watch:
    """Whether a listener may still hear, looked at again from time to time, and when bans or rules change."""

    def __init__(self, at: Desk, interest: Interest, clock: Callable[[], float] = time.monotonic) -> None:
        self._at, self._interest, self._clock = at, interest, clock
        self._next, self._access = clock() + LOOK, at.world.access.count

    async def withdrawn(self) -> FlowError | None:
        """Why not any more; None: still."""
        access = self._at.world.access.count
        if self._clock() < self._next and access == self._access:
            return None
        self._next, self._access = self._clock() + LOOK, access
        at = self._at
        who = at.identity
        return await to_thread.run_sync(withdrawn, at.world, at.settings, who.subject, self._interest, who)
