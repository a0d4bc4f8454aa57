"""Subscriptions are served: in order, at least once, by one instance, whatever the targets do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from gridwms.channels.address import Reach, read_networks
from gridwms.channels.mail import Mailer, Security
from gridwms.channels.outlets import Kind, Outlets
from gridwms.channels.webhook import Webhooks
from gridwms.daemon import notifier as module
from gridwms.daemon.leaseholder import Leaseholder
from gridwms.daemon.notifier import LEASE, Notifier, Withdrawn
from gridwms.flow import subscriptions
from gridwms.flow.cancel import cancel
from gridwms.flow.errors import FlowError, NotPermitted
from gridwms.flow.tail import Tail
from gridwms.flow.world import World
from gridwms.jobs.interest import Interest
from gridwms.store import leases as lease_rows
from gridwms.store import subscriptions as rows
from gridwms.store.events import last_cursor
from gridwms.store.subscriptions import Subscription
from tests.channels.receiver import Hook, hook, mail_server
from tests.flow.conftest import Stage

HERE = Webhooks(Reach(read_networks(["127.0.0.0/8"])))
ANN = Interest(owner="ann")
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""What has to do with targets and not with the store."""
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once, and mails do not wait long for more."""
    monkeypatch.setattr(module, "retry_after", lambda _failures, _rng: 0.01)
    monkeypatch.setattr(module, "_GATHER", 0.3)
    monkeypatch.setattr(module, "_LOOK", 0.2)


def outlets(webhooks: Webhooks = HERE, mailer: Mailer | None = None) -> Outlets:
    return Outlets(webhooks=webhooks, mailer=mailer, secret=lambda key: key.encode())


@contextlib.contextmanager
def serving(
    world: World, ways: Outlets | None = None, seconds: float = 1e9, withdrawn: Withdrawn = lambda *_: None
) -> Iterator[Notifier]:
    world.outlets = ways or outlets()
    tail, leases = Tail(world), Leaseholder(world, [LEASE], seconds)
    leases.start()
    made = Notifier(world, tail, leases, withdrawn)
    made.start()
    try:
        yield made
    finally:
        assert made.stop(10)
        tail.close()
        leases.stop()


def subscribe(world: World, target: str, interest: Interest = ANN, **more: Any) -> Subscription:
    kind = Kind.WEBHOOK if target.startswith("http") else Kind.MAIL
    values = {"seconds": 0.0, "every": 0.0, "after": -1} | more
    return subscriptions.add(world, "ann", kind, target, interest, **values)


def until(world: World, key: str, holds: Callable[[Subscription], bool]) -> Subscription:
    """The subscription as soon as it is so; looks when something was committed."""
    for _ in range(400):
        seen = world.news.count
        one = subscriptions.get(world, key)
        if holds(one):
            return one
        world.news.wait(seen, 0.2)
    raise AssertionError(subscriptions.get(world, key))


@pytest.fixture
def target() -> Iterator[Hook]:
    with hook() as made:
        yield made


def test_events_come_in_order_and_signed(stage: Stage, target: Hook) -> None:
    one = subscribe(stage.world, target.url)
    with serving(stage.world):
        for _ in range(3):
            stage.submit(count=30)
        last = stage.world.database.read(last_cursor)
        target.until(lambda: target.cursors()[-1:] == [last])
        assert target.cursors() == list(range(1, last + 1))
        assert until(stage.world, one.key, lambda now: now.cursor == last).failures == 0
    assert {told["subscription"] for told in target.got} == {one.key}
    assert all(len(told["events"]) <= 100 and told["test"] is False for told in target.got)
    assert len({headers["webhook-id"] for headers in target.headers}) == len(target.got)
    assert all(headers["webhook-signature"].startswith("v1,") for headers in target.headers)


@ON_SQLITE
def test_a_subscription_that_is_near_the_end_never_reads_the_log(
    stage: Stage, target: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, read = [], Tail.read
    monkeypatch.setattr(Tail, "read", lambda *asked: (reads.append(1), read(*asked))[1])
    one = subscribe(stage.world, target.url)
    with serving(stage.world):
        stage.submit()
        until(stage.world, one.key, lambda now: now.cursor == 2)
        before = len(reads)
        for cursor in range(4, 24, 2):
            stage.submit()
            until(stage.world, one.key, lambda now, cursor=cursor: now.cursor == cursor)
    assert len(reads) == before <= 2


def test_only_what_the_filter_lets_through(stage: Stage, target: Hook) -> None:
    subscribe(stage.world, target.url, Interest.read([("state", "ENDED")], "ann"))
    with serving(stage.world):
        key = stage.submit(count=3)[1]
        cancel(stage.world, "ann", [key])
        target.until(lambda: bool(target.got))
    assert [(event["key"], event["state"]) for told in target.got for event in told["events"]] == [(key, "CANCELLED")]


def test_a_target_that_fails_is_tried_until_it_works(stage: Stage, target: Hook) -> None:
    target.answer = lambda number: (500, {}) if number <= 4 else (204, {})
    one = subscribe(stage.world, target.url)
    with serving(stage.world):
        stage.submit(count=2)
        target.until(lambda: len(target.cursors()) >= 4)
        stage.submit()
        target.until(lambda: len(target.cursors()) >= 6)
        now = until(stage.world, one.key, lambda now: now.cursor == 6)
    assert target.cursors() == [1, 2, 3, 4, 5, 6]
    assert (now.failures, now.error, now.failing_since) == (0, "", None)


def test_health_is_seen_and_failing_for_days_pauses_it(stage: Stage, target: Hook) -> None:
    target.answer = lambda _number: (503, {})
    one = subscribe(stage.world, target.url)
    with serving(stage.world):
        stage.submit()
        ill = until(stage.world, one.key, lambda now: now.failures >= 3)
        assert (ill.error, ill.failing_since, ill.cursor) == ("The target answered with HTTP 503.", 1000.0, 0)
        stage.pass_time(stage.world.settings.notify.pause_seconds)
        paused = until(stage.world, one.key, lambda now: now.paused_at is not None)
        tries = len(target.headers)
        stage.submit()
        target.answer = lambda _number: (200, {})
        assert len(target.headers) == tries
        assert paused.cursor == 0
        resumed = subscriptions.resume(stage.world, one.key, skip=False)
        assert (resumed.failures, resumed.paused_at, resumed.error) == (0, None, "")
        target.until(lambda: len(target.cursors()) >= 4)
    assert target.cursors() == [1, 2, 3, 4]


@ON_SQLITE
def test_resuming_can_skip_what_was_missed(stage: Stage, target: Hook) -> None:
    target.answer = lambda _number: (410, {})
    one = subscribe(stage.world, target.url)
    with serving(stage.world):
        stage.submit()
        gone = until(stage.world, one.key, lambda now: now.paused_at is not None)
        assert gone.failures == 1
        target.answer = lambda _number: (200, {})
        subscriptions.resume(stage.world, one.key, skip=True)
        stage.submit()
        target.until(lambda: len(target.cursors()) >= 2)
    assert target.cursors() == [3, 4]


@ON_SQLITE
def test_redirects_are_not_followed(stage: Stage, target: Hook) -> None:
    target.answer = lambda _number: (307, {"Location": target.url})
    one = subscribe(stage.world, target.url)
    with serving(stage.world):
        stage.submit()
        ill = until(stage.world, one.key, lambda now: now.failures > 0)
    assert "redirect" in ill.error
    assert target.got == []


@ON_SQLITE
def test_where_nothing_can_be_delivered(stage: Stage) -> None:
    cases = [
        (Webhooks(), "http://127.0.0.1:1999/", "not a public one"),
        (Webhooks(), "https://localhost:1999/", "not a public one"),
        (HERE, "http://127.0.0.1:1999/", "refused"),
        (HERE, "https://nowhere.invalid/", "no address"),
    ]
    for webhooks, where, words in cases:
        one = subscribe(stage.world, where)
        with serving(stage.world, outlets(webhooks)):
            stage.submit()
            assert words in until(stage.world, one.key, lambda now: now.failures > 0).error
        subscriptions.remove(stage.world, one.key)


@ON_SQLITE
def test_targets_that_hang_hold_up_nobody(stage: Stage, target: Hook) -> None:
    """Forty that never answer have places of their own once they have failed; a good one has its news meanwhile."""
    silent = threading.Event()
    with hook() as hanging:
        hanging.answer = lambda _number: (silent.wait(20), (200, {}))[1]
        for _ in range(40):
            subscribe(stage.world, hanging.url)
        stage.submit()
        good = subscribe(stage.world, target.url)
        with serving(stage.world, outlets(replace(HERE, total=0.5))):
            stage.submit()
            target.until(lambda: len(target.cursors()) >= 2, 10)
            until(stage.world, good.key, lambda now: now.cursor == 4)
            silent.set()


def test_after_a_crash_nothing_is_missed(stage: Stage, target: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target took it and the service died before it could note that: it comes again, with the same id."""
    one = subscribe(stage.world, target.url)
    with monkeypatch.context() as patched, serving(stage.world):
        patched.setattr(rows, "change", lambda *_: None)
        stage.submit()
        target.until(lambda: bool(target.got))
    assert subscriptions.get(stage.world, one.key).cursor == 0
    with serving(stage.world):
        until(stage.world, one.key, lambda now: now.cursor == 2)
    assert target.cursors() == [1, 2, 1, 2]
    assert target.headers[0]["webhook-id"] == target.headers[1]["webhook-id"]
    assert target.bodies[0] == target.bodies[1]


@ON_POSTGRESQL
def test_one_instance_serves_and_another_goes_on(stage: Stage, target: Hook) -> None:
    one = subscribe(stage.world, target.url)
    other = replace(stage.world, instance="other")
    with serving(other):
        until(stage.world, one.key, lambda now: True)
        with serving(stage.world):
            stage.submit()
            target.until(lambda: len(target.cursors()) >= 2)
            until(stage.world, one.key, lambda now: now.cursor == 2)
    with serving(stage.world):
        stage.submit()
        until(stage.world, one.key, lambda now: now.cursor == 4)
    assert target.cursors() == [1, 2, 3, 4]


@ON_POSTGRESQL
def test_another_goes_on_where_one_died(stage: Stage, target: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    one = subscribe(stage.world, target.url)
    with monkeypatch.context() as dead:
        dead.setattr(lease_rows, "let_go", lambda *_: None)
        with serving(replace(stage.world, instance="other"), seconds=100.0):
            stage.submit()
            until(stage.world, one.key, lambda now: now.cursor == 2)
    with serving(stage.world, seconds=100.0) as notifier:
        stage.submit()
        notifier._leases.renew()
        assert not notifier._leases.have(LEASE), "nobody knows yet whether the other one lives"
        stage.pass_time(101.0)
        notifier._leases.renew()
        until(stage.world, one.key, lambda now: now.cursor == 4)
    assert target.cursors() == [1, 2, 3, 4]


@ON_SQLITE
def test_who_may_no_longer_hear_is_told_nothing(stage: Stage, target: Hook) -> None:
    one = subscribe(stage.world, target.url)
    allowed = [True]

    def withdrawn(subject: str, interest: Interest) -> FlowError | None:
        assert (subject, interest) == ("ann", ANN)
        return None if allowed[0] else NotPermitted("Only operators may.")

    with serving(stage.world, withdrawn=withdrawn):
        stage.submit()
        until(stage.world, one.key, lambda now: now.cursor == 2)
        allowed[0] = False
        stage.submit()
        paused = until(stage.world, one.key, lambda now: now.paused_at is not None)
        assert (paused.cursor, paused.error) == (2, "Only operators may.")
        allowed[0] = True
        subscriptions.resume(stage.world, one.key, skip=False)
        until(stage.world, one.key, lambda now: now.cursor == 4)
    assert target.cursors() == [1, 2, 3, 4]


def test_one_that_was_removed_or_has_expired_is_told_no_more(stage: Stage, target: Hook) -> None:
    removed, expired = subscribe(stage.world, target.url), subscribe(stage.world, target.url, seconds=100.0)
    subscriptions.remove(stage.world, removed.key)
    stage.pass_time(101)
    with serving(stage.world), hook() as other:
        subscribe(stage.world, other.url)
        stage.submit()
        other.until(lambda: bool(other.got))
        assert target.got == []
        subscriptions.extend(stage.world, expired.key, 1000.0)
        target.until(lambda: bool(target.got))
    assert {told["subscription"] for told in target.got} == {expired.key}
    stage.pass_time(1001 + stage.world.settings.notify.keep_expired_seconds)
    assert subscriptions.remove_expired(stage.world) == 1


@ON_SQLITE
def test_one_mail_tells_of_many_events_with_why_and_what_to_do(stage: Stage) -> None:
    with mail_server() as box:
        mailer = Mailer(host="127.0.0.1", port=box.port, security=Security.NONE, sender="gridwms@grid.example")
        one = subscribe(stage.world, "ann@grid.example")
        assert one.every == stage.world.settings.notify.mail_seconds
        with serving(stage.world, outlets(mailer=mailer)):
            keys = stage.submit('UserTags = [campaign = "spring"];', count=3)
            cancel(stage.world, "ann", [keys[1]])
            box.until(1)
            stage.submit()
            done = until(stage.world, one.key, lambda now: now.delivered_at is not None)
            assert done.cursor >= 8
        assert len(box.mails) == 1  # the interval is not over
    mail = box.mails[0]
    text = mail.get_content().replace("\r\n", "\n")
    assert box.recipients == [["ann@grid.example"]]
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == ("gridwms@grid.example", one.target, "auto-generated")
    assert mail["Subject"] == "gridwms: 2 WAITING, 1 CANCELLED"
    assert f"/jobs/{keys[1]}\n  CANCELLED since" in text
    assert "why: Cancelled by ann" in text
    assert "what to do: Nothing to do." in text
    assert "campaign: spring" in text
    assert f"gridwms notify remove {one.key}" in text


@ON_SQLITE
def test_a_flood_is_one_mail_that_says_how_much_it_leaves_out(stage: Stage) -> None:
    with mail_server() as box:
        mailer = Mailer(host="127.0.0.1", port=box.port, security=Security.NONE, sender="gridwms@grid.example")
        one = subscribe(stage.world, "ann@grid.example")
        stage.submit(count=400)
        with serving(stage.world, outlets(mailer=mailer)):
            done = until(stage.world, one.key, lambda now: now.delivered_at is not None)
    text = box.mails[0].get_content().replace("\r\n", "\n")
    assert (len(box.mails), done.cursor) == (1, 800)
    assert text.startswith("500 of 800 events, about 400 jobs: 400 WAITING.\n")
    assert "300 events more are not told here: 'gridwms watch --after 500'" in text


@ON_SQLITE
def test_the_next_mail_comes_when_its_time_has_come(stage: Stage) -> None:
    with mail_server() as box:
        mailer = Mailer(host="127.0.0.1", port=box.port, security=Security.NONE, sender="gridwms@grid.example")
        stage.world.settings = replace(
            stage.world.settings, notify=replace(stage.world.settings.notify, mail_seconds=1.0)
        )
        subscribe(stage.world, "ann@grid.example")
        with serving(stage.world, outlets(mailer=mailer)):
            stage.submit()
            box.until(1)
            stage.submit()
            box.until(2)
    first, second = (mail["Message-ID"] for mail in box.mails)
    assert first != second


@ON_SQLITE
def test_a_mail_server_that_refuses_is_seen(stage: Stage) -> None:
    with mail_server() as box:
        box.refuse = "550 no such user"
        mailer = Mailer(host="127.0.0.1", port=box.port, security=Security.NONE, sender="gridwms@grid.example")
        one = subscribe(stage.world, "nobody@grid.example")
        with serving(stage.world, outlets(mailer=mailer)):
            stage.submit()
            ill = until(stage.world, one.key, lambda now: now.failures > 0)
            assert ill.error == "The mail server refuses nobody@grid.example: 550 no such user."
            box.refuse = ""
            box.until(1)


def test_pauses_grow_up_to_an_hour_and_differ() -> None:
    import random

    from gridwms.flow.backoff import retry_after

    rng = random.Random(1)
    pauses = [retry_after(failures, rng) for failures in range(1, 40)]
    assert 2.5 <= pauses[0] <= 5
    assert max(pauses) <= 3600
    assert min(pauses[20:]) >= 1800
    assert all(b > a for a, b in pairwise(sorted(pauses[20:])))
