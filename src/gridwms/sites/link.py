"""How wrappers reach the service by their site: the two words of the worker protocol that matter, in lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Lines = Sequence[str]
"""Event lines of docs/worker-protocol.md."""


class TokenRequest(NamedTuple):
    """One instance of a wrapper asks to start its payload; `lines` are its spooled events."""

    tag: str
    instance: str
    lines: Lines


class WorkerLink(Protocol):
    """The service as wrappers see it. An answer None: out of reach, asked again later."""

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        """For each request, whether the payload may start."""

    def send_events(self, reports: Sequence[tuple[str, Lines]]) -> list[bool | None]:
        """For each tag and its lines, whether the attempt is to go on."""


@dataclass(frozen=True, slots=True)
class EachLink:
    """A link out of two functions that take one attempt at a time."""

    take_token: Callable[[str, str, Lines], bool | None]
    send: Callable[[str, Lines], bool | None]

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        return [self.take_token(one.tag, one.instance, one.lines) for one in requests]

    def send_events(self, reports: Sequence[tuple[str, Lines]]) -> list[bool | None]:
        return [self.send(tag, lines) for tag, lines in reports]


class NoService:
    """The link of a site that nobody has connected: every payload may start, and reports stay in the spool."""

    def take_tokens(self, requests: Sequence[TokenRequest]) -> list[bool | None]:
        return [True] * len(requests)

    def send_events(self, reports: Sequence[tuple[str, Lines]]) -> list[bool | None]:
        return [None] * len(reports)
