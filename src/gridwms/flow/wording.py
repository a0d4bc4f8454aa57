"""Events in a few words, for people. Reasons keep the sentence of their registry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gridwms.flow.status import JobView
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import AT_SITE, State


def utc(time: float) -> str:
    """A time for readers whose zone is not known: `2026-01-31 12:00:00 UTC`."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def event_text(type: str, data: Mapping[str, Any], why: Reason | None) -> str:  # noqa: A002 (the events' own word)
    """What an event says, without its type and time; empty when there is nothing to add."""
    match type:
        case "Registered":
            text = f"by {data.get('owner')}" + (f", VO {data['vo']}" if data.get("vo") else "")
        case "Accepted":
            text = "the input sandbox is complete"
        case "Matched":
            text = f"{data.get('ce')} at site {data.get('site')} ({_matched(data)})"
        case "Delivered":
            text = f"the site calls it {data.get('receipt')}"
        case "Running":
            text = f"on {data['node']}" if data.get("node") else ""
        case "PayloadStarted":
            text = "the payload may start; a retry from here on is a deep one"
        case "Finished":
            text = _finished(data) if why is None else ""
        case "Ended":
            text = f"at the site: {data.get('kind')}" + _status(data.get("exit_code"))
        case "CompoundRegistered":
            text = f"by {data.get('owner')}, {data.get('kind')} of {data.get('nodes')} nodes"
        case "NodesRegistered":
            text = f"{data.get('nodes')} nodes"
        case "NodesState":
            text = f"its nodes make it {data.get('state')}"
        case "Retried":
            text = f"tried again by {data.get('by')}"
        case "Resubmitted":
            text = "shallow: " if data.get("shallow") else "deep: "
        case "Expiring":
            text = f"its output was not fetched; its files are removed at {utc(data['kept_until'])}"
        case "CancelRequested":
            text = f"by {data.get('by')}"
        case "Prioritized":
            text = f"to {data.get('priority')} by {data.get('by')}"
        case "Tagged":
            text = f"{data.get('name')} = {data.get('value')}"
        case "AccessChanged":
            text = _access(data)
        case "Noted":
            text = f"{data.get('lb_type')} by {data.get('by')}"
        case _:
            text = ""
    if why is None:
        return text
    return f"{text}{why.sentence}" if type == "Resubmitted" else f"{text}; {why.sentence}" if text else why.sentence


def _matched(data: Mapping[str, Any]) -> str:
    rank = data.get("rank")
    shown = f"rank {rank:g}, " if isinstance(rank, int | float) else ""
    return f"{shown}{data.get('matching')} of {data.get('considered')} resources match"


def _access(data: Mapping[str, Any]) -> str:
    entry = f"{'may' if data.get('allow') else 'may not'} {str(data.get('permission')).lower()}"
    return f"{data.get('who')} {entry}: {'added' if data.get('added') else 'removed'} by {data.get('by')}"


def _finished(data: Mapping[str, Any]) -> str:
    code = data.get("exit_code")
    usage = data.get("usage") or {}
    real = f" after {usage['real']:.1f} s" if isinstance(usage.get("real"), int | float) else ""
    return f"exit code {code}{real}" if code is not None else "no exit code"


def _status(code: object) -> str:
    return "" if code is None else f", status {code}"


def state_text(job: JobView) -> str:
    """The state with what belongs to it, such as `DONE (OK), exit code 3`."""
    text = str(job.state)
    if job.done_code is not None and job.state is State.DONE:
        text += f" ({job.done_code})"
    if job.cancel_requested and job.state in AT_SITE:
        text += " (cancel requested)"
    if job.exit_code:
        text += f", exit code {job.exit_code}"
    return text


def nodes_text(job: JobView) -> str:
    """How many nodes of a compound are in which state: `100: 3 RUNNING, 97 WAITING`; empty for other jobs."""
    if not job.nodes:
        return ""
    parts = ", ".join(f"{count} {state}" for state, count in job.histogram.items())
    return f"{job.nodes}: {parts}" + (f"; {job.failed} failed" if job.failed else "")
