"""A job in plain text, for `curl`."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.flow.status import EventView, JobView
from gridwms.flow.wording import event_text, nodes_text, state_text, utc


def job_text(job: JobView, events: Sequence[EventView]) -> str:
    """What is known of a job, and its history. Times are UTC: the reader's zone is not known."""
    lines = [f"{name + ':':<12}{value}" for name, value in facts(job)]
    lines += ["", "history:"]
    lines += [
        f"  {utc(event.time)}  {event.type:<15} {event_text(event.type, event.data, event.reason)}".rstrip()
        for event in events
    ]
    return "".join(f"{_one_line(line)}\n" for line in lines)


def facts(job: JobView) -> list[tuple[str, str]]:
    """Names and values that are worth showing, in the order in which they are read."""
    found = [
        ("job", job.id),
        ("state", state_text(job)),
        ("since", utc(job.state_since)),
        ("reason", job.reason.sentence if job.reason else ""),
        ("advice", job.reason.advice if job.reason else ""),
        ("submitted", f"{utc(job.submitted_at)} by {job.owner}" + (f" ({job.vo})" if job.vo else "")),
        ("executable", job.executable),
        ("exit code", "" if job.exit_code is None else str(job.exit_code)),
        ("nodes", nodes_text(job)),
        ("node of", f"{job.node_name} of {job.parent}" if job.parent else ""),
        ("kept until", utc(job.kept_until) if job.kept_until else ""),
        ("site", f"{job.site} ({job.ce})" if job.site else ""),
        ("node", job.node),
        ("attempts", str(job.attempt) if job.attempt > 1 else ""),
        *((f"tag {name}", value) for name, value in job.user_tags),
    ]
    return [(name, value) for name, value in found if value]


def _one_line(text: str) -> str:
    """Without control characters: names of files and nodes are not ours."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
