"""Room for deep recursion wherever the caller stands."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

# The language's own limits (500 levels of nesting, 400 of evaluation) need fewer frames than this.
_FRAMES = 6000
_STACK_BYTES = 64 * 1024 * 1024
_one_at_a_time = threading.Lock()


def with_fresh_stack(work: Callable[[], Result]) -> Result:
    """Run `work`; if Python's stack is too short for it, run it once more where there is room.

    `work` must not mind being started twice.
    """
    try:
        return work()
    except RecursionError:
        return in_fresh_stack(work)


def in_fresh_stack(work: Callable[[], Result]) -> Result:
    """Run `work` on the empty stack of a thread of its own, with more frames than Python usually allows."""
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as failure:  # noqa: BLE001 - handed to the caller below
            failures.append(failure)

    with _one_at_a_time:
        frames, stack_bytes = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(max(frames, _FRAMES))
        try:
            thread = threading.Thread(target=run, name="classad")
            thread.start()
            thread.join()
        finally:
            threading.stack_size(stack_bytes)
            sys.setrecursionlimit(frames)
    if failures:
        raise failures[0]
    return results[0]
