"""The event lines that the wrapper of an attempt would write (docs/worker-protocol.md)."""

from __future__ import annotations

from functools import lru_cache

from gridwms.jobs.ids import parse_tag


def number_of(tag: str) -> int:
    """The number of the attempt; 1 for a tag that is none of ours."""
    try:
        return parse_tag(tag)[1]
    except ValueError:
        return 1


def running(number: int, instance: str, time: float, node: str) -> str:
    """The first word of the wrapper of an attempt with this number."""
    return f"type=Running&id=worker-{number}-1-{instance}&time={_seconds(time)}&node={node}"


def finished(number: int, instance: str, time: float, exit_code: int, seconds: float) -> str:
    """The last word, when all steps went well."""
    return f"type=Finished&id=worker-{number}-2-{instance}&time={_seconds(time)}{_used(exit_code, seconds)}"


def terminated(number: int, instance: str, time: float) -> str:
    """The last word of a wrapper that was told to end."""
    return f"type=Finished&id=worker-{number}-2-{instance}&time={_seconds(time)}&code=terminated&p.signal=TERM"


# Thousands speak at one time.
@lru_cache(maxsize=64)
def _seconds(time: float) -> str:
    return f"{time:.2f}"


@lru_cache(maxsize=64)
def _used(exit_code: int, seconds: float) -> str:
    return f"&exit_code={exit_code}&real={seconds:.2f}&user={seconds:.2f}&system=0.00"
