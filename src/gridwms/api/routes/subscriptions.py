"""Subscriptions: webhooks and mail."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query

from gridwms.api.desk import AtDesk, Desk
from gridwms.api.errors import BadQuery
from gridwms.api.interests import permitted
from gridwms.api.models.problem import ERRORS
from gridwms.api.models.subscription import (
    ExtendIn,
    MadeOut,
    ResumeIn,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionsOut,
    TestedOut,
)
from gridwms.channels.errors import BadTarget
from gridwms.channels.outlets import Kind, Outlets, read_target
from gridwms.channels.signature import shown
from gridwms.flow import deliveries, subscriptions
from gridwms.flow.subscriptions import BadSubscription
from gridwms.security.policy import Action, OneSubscription
from gridwms.store.subscriptions import Subscription

router = APIRouter(prefix="/api/v1/subscriptions", tags=["subscriptions"], responses=ERRORS)
_DAY = 86400.0


@router.post("", status_code=201)
async def add(at: AtDesk, asked: SubscriptionIn) -> MadeOut:
    """Subscribe: from now on events that the filter lets through are sent to the target, each at least once."""
    at.may(Action.SUBSCRIBE)
    outlets = _outlets(at)
    try:
        kind, target = read_target(asked.target)
        await outlets.check(kind, target)
    except BadTarget as error:
        raise BadSubscription(
            f"'{asked.target[:200]}' cannot be told anything: {error}.", "Give an https URL, or a mail address."
        ) from error
    interest = await to_thread.run_sync(permitted, at, asked.filter)
    after = _cursor(asked.after)

    def make() -> Subscription:
        owner, seconds = at.identity.subject, asked.days * _DAY
        return subscriptions.add(
            at.world, owner, kind, target, interest, seconds=seconds, every=asked.every, after=after
        )

    made = await to_thread.run_sync(make)
    secret = shown(outlets.secret(made.key)) if kind is Kind.WEBHOOK else None
    return MadeOut.model_validate(_out(at, made).model_dump() | {"secret": secret})


@router.get("")
def list_all(
    at: AtDesk,
    owner: Annotated[str, Query(description="whose; empty: your own, `*`: everybody's (operators)")] = "",
) -> SubscriptionsOut:
    """Subscriptions, the oldest first, with their health."""
    whose = at.whose(owner, Action.LIST)
    return SubscriptionsOut(subscriptions=[_out(at, one) for one in subscriptions.of_owner(at.world, whose)])


@router.get("/{key}")
def show(at: AtDesk, key: str) -> SubscriptionOut:
    """One, with its health."""
    return _out(at, _mine(at, key))


@router.delete("/{key}", status_code=204)
def remove(at: AtDesk, key: str) -> None:
    """Tell no more."""
    subscriptions.remove(at.world, _mine(at, key).key)


@router.post("/{key}/extend")
def extend(at: AtDesk, key: str, asked: ExtendIn | None = None) -> SubscriptionOut:
    """Let it last so many days from now. One that has expired goes on where it stopped."""
    seconds = (asked or ExtendIn()).days * _DAY
    return _out(at, subscriptions.extend(at.world, _mine(at, key).key, seconds))


@router.post("/{key}/resume")
def resume(at: AtDesk, key: str, asked: ResumeIn | None = None) -> SubscriptionOut:
    """Try again at once, also when it was paused. It goes on where it stopped, unless `skip` is said."""
    skip = (asked or ResumeIn()).skip
    return _out(at, subscriptions.resume(at.world, _mine(at, key).key, skip=skip))


@router.post("/{key}/test")
async def test(at: AtDesk, key: str) -> TestedOut:
    """Send a delivery without events, now; whether the target took it."""
    one = await to_thread.run_sync(_mine, at, key)
    error = await deliveries.test(at.world, _outlets(at), one)
    return TestedOut(delivered=not error, error=error)


def _mine(at: Desk, key: str) -> Subscription:
    at.may(Action.SUBSCRIBE)
    one = subscriptions.get(at.world, key)
    at.may(Action.MANAGE, OneSubscription(key=one.key, owner=one.owner))
    return one


def _out(at: Desk, one: Subscription) -> SubscriptionOut:
    return SubscriptionOut.of(one, at.world.clock())


def _outlets(at: Desk) -> Outlets:
    if at.world.outlets is None:
        raise BadSubscription("This service sends no notifications.", "Use an event stream: 'gridwms watch'.")
    return at.world.outlets


def _cursor(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadQuery(f"'{text[:50]}' is not the cursor of an event.", "Use the cursor of the last event you have.")
    return int(text) if text else -1
