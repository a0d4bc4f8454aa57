"""The event lines that the wrapper of an attempt would write (docs/worker-protocol.md)."""

from __future__ import annotations

from gridwms.jobs.ids import parse_tag


def number_of(tag: str) -> int:
    """The number of the attempt; 1 for a tag that is none of ours."""
    try:
        return parse_tag(tag)[1]
    except ValueError:
        return 1


def running(tag: str, instance: str, time: float, node: str) -> str:
    """The first word of a wrapper."""
    return f"type=Running&id=worker-{number_of(tag)}-1-{instance}&time={time:.2f}&node={node}"


def finished(tag: str, instance: str, time: float, exit_code: int, seconds: float) -> str:
    """The last word, when all steps went well."""
    head = f"type=Finished&id=worker-{number_of(tag)}-2-{instance}&time={time:.2f}"
    return f"{head}&exit_code={exit_code}&real={seconds:.2f}&user={seconds:.2f}&system=0.00"


def terminated(tag: str, instance: str, time: float) -> str:
    """The last word of a wrapper that was told to end."""
    return f"type=Finished&id=worker-{number_of(tag)}-2-{instance}&time={time:.2f}&code=terminated&p.signal=TERM"
