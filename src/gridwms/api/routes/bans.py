"""Bans, for operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS, Out
from gridwms.flow.errors import NotFound
from gridwms.security.policy import Action
from gridwms.store.bans import Ban, Banned

router = APIRouter(prefix="/api/v1/bans", tags=["operating"], responses=ERRORS)


class WhomIn(Out):
    """Whom a ban is about: a user as he is known here, a VO, or a group (FQAN) with all below it."""

    kind: Banned
    name: Annotated[str, Field(min_length=1, max_length=255)]


class BanIn(WhomIn):
    """A ban. `reason`: those who are banned see it. `ends`: null: until it is lifted."""

    reason: Annotated[str, Field(max_length=1000)] = ""
    ends: float | None = None


class BanOut(Out):
    """A ban that is in force."""

    kind: Banned
    name: str
    reason: str
    by: str
    since: float
    ends: float | None


class BansOut(Out):
    """All of them."""

    bans: list[BanOut]


@router.get("")
def list_bans(at: AtDesk) -> BansOut:
    """All bans that are in force."""
    at.may(Action.OPERATE)
    return BansOut(bans=[BanOut.model_validate(ban) for ban in at.world.bans.all()])


@router.post("")
def ban(at: AtDesk, wish: BanIn) -> BanOut:
    """Ban a user, a VO or a group: from now on they are refused, and their waiting jobs get no places."""
    at.may(Action.OPERATE)
    now = at.world.clock()
    by = at.identity.subject
    made = Ban(kind=wish.kind, name=wish.name, reason=wish.reason, by=by, since=now, ends=wish.ends)
    at.world.bans.put(made)
    at.world.waiting.set()
    return BanOut.model_validate(made)


@router.post("/lift")
def lift(at: AtDesk, whom: WhomIn) -> BansOut:
    """Lift a ban; those that remain."""
    at.may(Action.OPERATE)
    if not at.world.bans.lift(whom.kind, whom.name):
        raise NotFound(f"The {whom.kind} {whom.name} is not banned.", "'gridwms ban list' shows who is.")
    at.world.waiting.set()
    return BansOut(bans=[BanOut.model_validate(one) for one in at.world.bans.all()])
