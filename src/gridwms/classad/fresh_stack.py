"""Room for deep recursion wherever the caller stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def with_fresh_stack(work: Callable[[], Result]) -> Result:
    """Run `work`; if the caller stood too deep for it, run it once more on the empty stack of a thread.

    The nesting limits of the language fit an empty stack of Python's usual size. `work` must not mind being
    started twice.
    """
    try:
        return work()
    except RecursionError:
        return in_fresh_stack(work)


def in_fresh_stack(work: Callable[[], Result]) -> Result:
    """Run `work` on the empty stack of a thread of its own."""
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as failure:  # noqa: BLE001 - handed to the caller below
            failures.append(failure)

    thread = threading.Thread(target=run, name="classad")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
