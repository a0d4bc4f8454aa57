"""What became of a wish for one job or compound."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.jobs.states import State


@dataclass(frozen=True, slots=True)
class Answer:
    """`done`: False when there was nothing to do, or it cannot be done now; the sentence says why."""

    key: str
    done: bool
    sentence: str
    state: State
