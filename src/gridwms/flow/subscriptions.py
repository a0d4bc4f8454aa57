"""Subscriptions: made, looked at, prolonged, ended. Delivering is the notifier's."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from gridwms.channels.outlets import Kind
from gridwms.flow.errors import FlowError, NotFound
from gridwms.flow.world import World
from gridwms.jobs.ids import new_key
from gridwms.jobs.interest import Interest
from gridwms.store import subscriptions as rows
from gridwms.store.events import last_cursor
from gridwms.store.subscriptions import Subscription


class BadSubscription(FlowError):
    """It cannot be made as it was asked for."""

    code = "bad_subscription"


def add(
    world: World, owner: str, kind: Kind, target: str, interest: Interest, *, seconds: float, every: float, after: int
) -> Subscription:
    """Make one. `seconds`: how long it lasts (0: as long as usual); `after`: -1 for events from now on.

    Raises BadSubscription.
    """
    limits = world.settings.notify
    now = world.clock()
    if kind is Kind.MAIL:
        every = max(every, limits.mail_seconds)

    def work(connection: Connection) -> Subscription:
        if rows.count(connection, owner) >= limits.max_per_user:
            raise BadSubscription(
                f"You have {limits.max_per_user} subscriptions, and more are not allowed.",
                "Remove one ('gridwms notify list' shows them), or give one a wider filter.",
            )
        new = Subscription(
            key=new_key(secrets.randbelow),
            owner=owner,
            kind=kind,
            target=target,
            interest=interest,
            every=every,
            made_at=now,
            expires_at=now + _lasting(world, seconds),
            cursor=last_cursor(connection) if after < 0 else after,
        )
        rows.add(connection, new)
        return new

    made = world.database.write(work)
    world.subscribed.set()
    return made


def get(world: World, key: str) -> Subscription:
    """The one with this key. Raises NotFound."""
    found = world.database.read(lambda connection: rows.get(connection, key))
    if found is None:
        raise NotFound(f"There is no subscription '{key[:100]}'.", "'gridwms notify list' shows yours.")
    return found


def of_owner(world: World, owner: str | None) -> list[Subscription]:
    """Those of one owner, or all."""
    return world.database.read(lambda connection: rows.of_owner(connection, owner))


def extend(world: World, key: str, seconds: float) -> Subscription:
    """Let one last so many seconds from now. One that had expired goes on where it stopped. Raises NotFound."""
    return _change(world, key, lambda now: {"expires_at": now + _lasting(world, seconds)})


def resume(world: World, key: str, *, skip: bool) -> Subscription:
    """Try again at once, also when it was paused; with `skip` only from what happens now on. Raises NotFound."""
    fresh: dict[str, Any] = {"paused_at": None, "failures": 0, "failing_since": None, "next_at": None, "error": ""}
    return _change(world, key, lambda _now: fresh, skip=skip)


def remove(world: World, key: str) -> None:
    """End one. Raises NotFound."""
    get(world, key)
    world.database.write(lambda connection: rows.remove(connection, key))
    world.subscribed.set()


def remove_expired(world: World) -> int:
    """Remove those that nobody has prolonged for long; how many."""
    before = world.clock() - world.settings.notify.keep_expired_seconds
    return world.database.write(lambda connection: rows.remove_expired(connection, before))


def _change(
    world: World, key: str, values: Callable[[float], Mapping[str, Any]], *, skip: bool = False
) -> Subscription:
    get(world, key)

    def work(connection: Connection) -> None:
        rows.change(connection, key, values(world.clock()))
        if skip:
            rows.move(connection, {key: last_cursor(connection)})

    world.database.write(work)
    world.subscribed.set()
    return get(world, key)


def _lasting(world: World, seconds: float) -> float:
    limits = world.settings.notify
    if seconds < 0 or seconds > limits.max_seconds:
        raise BadSubscription(
            f"A subscription lasts {limits.max_seconds / 86400:g} days at most.",
            "Prolong it later: 'gridwms notify extend'.",
        )
    return seconds or min(limits.default_seconds, limits.max_seconds)
