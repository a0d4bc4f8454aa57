"""The service as sites see it that speak for their wrappers: the real use cases, in lists, without HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.flow.errors import FlowError
from gridwms.flow.worker import Word, hear
from gridwms.flow.world import World
from gridwms.jobs.ids import parse_tag
from gridwms.sites.link import Lines, TokenRequest
from gridwms.store.database import StoreUnavailable


class ServiceLink:
    """Implements `gridwms.sites.link.WorkerLink`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        """For each request, whether the payload may start; None: out of reach."""
        return self._answers([Word(*parse_tag(tag), lines, instance) for tag, instance, lines in requests])

    def send_events(self, reports: Sequence[tuple[str, Lines]]) -> list[bool | None]:
        """For each tag and its lines, whether the attempt is to go on; None: out of reach."""
        return self._answers([Word(*parse_tag(tag), lines) for tag, lines in reports])

    def _answers(self, words: Sequence[Word]) -> list[bool | None]:
        try:
            return [None if isinstance(a, FlowError) else a is None for a in hear(self._world, words)]
        except StoreUnavailable:
            return [None] * len(words)
