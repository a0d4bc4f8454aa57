"""Tells those who wait that something changed; for one thread, the event loop's."""

from __future__ import annotations

from collections.abc import Callable


class Bell:
    """`count` changes with each ring; who listens is called once, at the next ring."""

    def __init__(self) -> None:
        self.count = 0
        self._listening: set[Callable[[], None]] = set()

    def ring(self) -> None:
        """Something changed."""
        self.count += 1
        listening, self._listening = self._listening, set()
        for one in listening:
            one()

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` (quick) at the next ring; the result takes that back."""
        self._listening.add(callback)
        return lambda: self._listening.discard(callback)
