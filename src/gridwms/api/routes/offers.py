"""Resources that sites and pilots hand in."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.errors import error_out
from gridwms.api.models.offer import OfferIn, OffersIn, OffersOut, RefusedOut, TakenOut
from gridwms.api.models.problem import ERRORS
from gridwms.flow import offers
from gridwms.flow.offers import Outcome, Wish
from gridwms.security.policy import Action, OneSource

router = APIRouter(prefix="/api/v1/resources", tags=["market"], responses=ERRORS)


@router.put("")
def offer_many(at: AtDesk, wish: OffersIn) -> OffersOut:
    """Hand in resources: each is taken or refused for itself."""
    source = _may(at, wish.source)
    wishes = [_wish(one, None, wish.seconds) for one in wish.resources]
    return _out(offers.offer(at.world, source, at.identity, wishes, replace=wish.replace))


@router.put("/{ce:path}")
def offer_one(at: AtDesk, ce: str, wish: OfferIn, source: str = "") -> OffersOut:
    """Hand in one resource, or renew it."""
    source = _may(at, source)
    outcome = offers.offer(at.world, source, at.identity, [_wish(wish, ce, None)])
    for refusal in outcome.refused:
        raise refusal.error
    return _out(outcome)


@router.delete("")
def withdraw_all(at: AtDesk, source: str = "") -> OffersOut:
    """Take away all that the caller has handed in."""
    source = _may(at, source)
    return _out(offers.withdraw(at.world, source, at.identity, ""))


@router.delete("/{ce:path}")
def withdraw_one(at: AtDesk, ce: str, source: str = "") -> OffersOut:
    """Take one away, by its id in the market: GlueCEUniqueID, and a slash and GridwmsView where it has one."""
    source = _may(at, source)
    return _out(offers.withdraw(at.world, source, at.identity, ce))


def _may(at: AtDesk, source: str) -> str:
    name, terms = offers.terms_of(at.world, source)
    at.may(Action.OFFER, OneSource(name=name, who=terms.who if terms is not None else frozenset()))
    return name


def _wish(one: OfferIn, ce: str | None, seconds: float | None) -> Wish:
    attributes = dict(one.attributes)
    if ce is not None:
        attributes = {name: value for name, value in attributes.items() if name.lower() != "glueceuniqueid"}
        attributes["GlueCEUniqueID"] = ce
    return Wish(attributes=attributes, seconds=one.seconds if one.seconds is not None else seconds)


def _out(outcome: Outcome) -> OffersOut:
    return OffersOut(
        taken=[TakenOut(id=name, expires_at=end) for name, end in outcome.taken.items()],
        refused=[RefusedOut(number=one.number, id=one.name, error=error_out(one.error)) for one in outcome.refused],
        dropped=list(outcome.dropped),
    )
