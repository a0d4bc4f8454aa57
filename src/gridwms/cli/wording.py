"""States and places of jobs, for people."""

from __future__ import annotations

from gridwms.client.answers import Job

_STYLES = {
    "DONE": "good",
    "CLEARED": "good",
    "RUNNING": "busy",
    "SCHEDULED": "busy",
    "READY": "busy",
    "ABORTED": "bad",
    "CANCELLED": "warn",
    "PURGED": "soft",
}


def state(job: Job) -> str:
    """`RUNNING`, `DONE (OK)`, `DONE (FAILED)`, with what else the reader must know."""
    text = job.state
    if job.state == "DONE" and job.done_code:
        text += f" ({job.done_code})"
    if job.cancel_requested and job.state in ("READY", "SCHEDULED", "RUNNING"):
        text += " (cancel requested)"
    return text


def ending(job: Job) -> str:
    """How it ended, as far as the state does not say: `exit code 3`; "" when there is nothing to add."""
    if job.exit_code is not None:
        return f"exit code {job.exit_code}"
    return ""


def style(job: Job) -> str:
    """How its state is painted."""
    if job.done_code == "FAILED" or (job.exit_code and job.state != "PURGED"):
        return "bad"
    return _STYLES.get(job.state, "")


def place(job: Job) -> str:
    """Where it is or was: the site and, once it is known, the node."""
    if not job.site:
        return ""
    return f"{job.site} ({job.node})" if job.node else job.site


def what(job: Job) -> str:
    """What it does: the executable, the name of a node with it, or how many nodes it has."""
    if job.nodes:
        return f"{job.kind}, {job.nodes} nodes"
    return f"{job.node_name}: {job.executable}" if job.node_name else job.executable


def nodes(job: Job) -> str:
    """How many nodes are in which state: `100: 3 RUNNING, 97 WAITING`; "" for other jobs."""
    parts = ", ".join(f"{count} {state}" for state, count in job.histogram.items())
    return f"{job.nodes}: {parts}" if job.nodes else ""
