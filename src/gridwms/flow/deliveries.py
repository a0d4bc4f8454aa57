"""One delivery of a subscription, whatever its kind. Which, and when, is the notifier's."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import to_thread

from gridwms.channels.errors import Undelivered
from gridwms.channels.outlets import Kind, Outlets
from gridwms.channels.signature import headers
from gridwms.flow import notices
from gridwms.flow.status import known
from gridwms.flow.telling import Told
from gridwms.flow.world import World
from gridwms.store.subscriptions import Subscription

_PLAIN = {"content-type": "application/json", "user-agent": "gridwms"}


async def deliver(world: World, outlets: Outlets, one: Subscription, told: Sequence[Told], more: int = 0) -> None:
    """Send events to the target; `more`: how many that did not fit. Without events it is a test. Raises Undelivered."""
    if one.kind == Kind.WEBHOOK:
        body = notices.webhook_body(one, world.settings.base_url, told)
        signed = headers(outlets.secret(one.key), notices.delivery_id(one, told), int(world.clock()), body)
        await outlets.webhooks.post(one.target, body, _PLAIN | signed)
        return
    if outlets.mailer is None:
        raise Undelivered("This service sends no mail any more: its operator has configured no mail server.")
    keys = list(dict.fromkeys(event.subject.key for event in told))
    jobs = await to_thread.run_sync(known, world, keys)
    mail = notices.mail(one, told, more, jobs) if told else notices.test_mail(one)
    await to_thread.run_sync(outlets.mailer.send, mail)


async def test(world: World, outlets: Outlets, one: Subscription) -> str:
    """Send a delivery without events; why it was not taken, "" when it was."""
    try:
        await deliver(world, outlets, one, ())
    except Undelivered as error:
        return error.sentence
    return ""
