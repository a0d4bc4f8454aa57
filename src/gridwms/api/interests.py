"""From the filter that a caller gives to the events that the caller may hear of."""

from __future__ import annotations

from gridwms.api.desk import Desk
from gridwms.api.errors import BadQuery
from gridwms.api.models.filter import FilterIn
from gridwms.jobs.interest import BadInterest, Interest
from gridwms.security.policy import Action


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
