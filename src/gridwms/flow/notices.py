"""What is sent to those who subscribed: bodies of webhooks, texts of mails. Pure."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from gridwms.channels.mail import Mail
from gridwms.flow.status import JobView
from gridwms.flow.telling import Told
from gridwms.flow.wording import event_text, state_text, utc
from gridwms.store.subscriptions import Subscription

MOST_IN_MAIL = 500
"""Events in one mail; those beyond are counted."""
_MOST_LINES = 12
"""Of one job."""


def delivery_id(subscription: Subscription, told: Sequence[Told]) -> str:
    """The same for the same events: a receiver knows by it what came twice."""
    return f"{subscription.key}-{told[0].cursor}-{told[-1].cursor}" if told else f"{subscription.key}-test"


def webhook_body(subscription: Subscription, service: str, told: Sequence[Told]) -> bytes:
    """The JSON that a webhook gets; without events it is a test."""
    head = {
        "subscription": subscription.key,
        "service": service,
        "test": not told,
        "cursor": str(told[-1].cursor) if told else str(subscription.cursor),
    }
    events = ",".join(one.data for one in told)
    return f'{json.dumps(head)[:-1]}, "events": [{events}]}}'.encode()


def mail(subscription: Subscription, told: Sequence[Told], more: int, jobs: Mapping[str, JobView]) -> Mail:
    """One mail about many events: each job once, with why it is where it is, and what to do. `more`: left out."""
    by_job: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_job[one.subject.key].append(one)
    states = Counter(state_text(jobs[key]) for key in by_job if key in jobs)
    summary = ", ".join(f"{count} {state}" for state, count in states.most_common(4))
    count = f"{len(told)} of {len(told) + more} events" if more else _counted(len(told), "event")
    lines = [f"{count}, about {_counted(len(by_job), 'job')}: {summary}.", ""]
    for key, events in by_job.items():
        lines += [*_about(jobs.get(key), key, events), ""]
    if more:
        lines += [f"{_counted(more, 'event')} more are not told here: 'gridwms watch --after {told[-1].cursor}'.", ""]
    return Mail(
        to=subscription.target,
        subject=f"gridwms: {summary or _counted(len(told), 'event')}",
        text="\n".join([*lines, *_foot(subscription)]),
        ident=delivery_id(subscription, told),
    )


def test_mail(subscription: Subscription) -> Mail:
    """Shows that mail arrives."""
    return Mail(
        to=subscription.target,
        subject="gridwms: a test",
        text="\n".join(["This is a test: mail of this subscription arrives.", "", *_foot(subscription)]),
        ident=delivery_id(subscription, ()),
    )


def _about(job: JobView | None, key: str, events: Sequence[Told]) -> list[str]:
    if job is None:
        return [key]
    lines = [job.id, f"  {state_text(job)} since {utc(job.state_since)}"]
    lines += [f"  {', '.join(f'{name}: {value}' for name, value in job.user_tags)}"] if job.user_tags else []
    if job.reason is not None:
        lines += [f"  why: {job.reason.sentence}", f"  what to do: {job.reason.advice}"]
    if job.kept_until is not None and job.state != "CLEARED":
        lines.append(f"  its files are kept until {utc(job.kept_until)}: gridwms output {job.id}")
    lines += [f"  {utc(one.view.time)}  {_line(one)}" for one in events[-_MOST_LINES:]]
    return lines


def _line(told: Told) -> str:
    view = told.view
    return _plain(f"{view.type}: {event_text(view.type, view.data, view.reason)}".removesuffix(": "))


def _foot(subscription: Subscription) -> list[str]:
    key = subscription.key
    asked = " ".join(f"{name}={value}" for name, value in subscription.interest.pairs()) or "all events"
    return [
        "-- ",
        f"Subscription {key} of {subscription.owner} ({_plain(asked)[:300]}), until {utc(subscription.expires_at)}.",
        f"To stop it: gridwms notify remove {key}. To prolong it: gridwms notify extend {key}.",
        "",
    ]


def _plain(text: str) -> str:
    """Without control characters: names of files and nodes are not ours."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
