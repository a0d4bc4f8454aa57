"""What can go wrong on the way to a target."""

from __future__ import annotations


class BadTarget(ValueError):
    """A target that is never used; the text says why."""


class Undelivered(Exception):
    """A try that failed. `wait`: seconds that the target asks for. `gone`: it wants nothing any more.

    The sentence holds nothing of what the target answered but its status: it may be a machine that the subscriber
    cannot reach.
    """

    def __init__(self, sentence: str, *, wait: float = 0.0, gone: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.wait = wait
        self.gone = gone
