"""The contract of a site: few verbs, each with a list, so that a thousand attempts cost one call.

A site is driven by one thread at a time. It keeps no memory that the contract relies on: after a restart of
the service everything is found again by tag or by receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from gridwms.classad import ClassAd
from gridwms.jobs.reasons import Reason


class SiteUnavailable(Exception):
    """The site did not answer, or answered nonsense. What was asked may or may not have happened there.

    The text is a sentence: which site, which command or address, what it said.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a user has delegated to a job, opened. `handle`: which delegation; `serial`: grows with each renewal.

    `proxy`: its file (certificate, key, chain), `token`: a bearer token; empty: none of that kind. `ends`: when the
    last of them runs out. `lines`: for the wrapper of a node without a network, `<kind> <serial> <end>` each.
    """

    handle: str
    serial: int
    ends: float
    proxy: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    lines: str = ""


@dataclass(slots=True, kw_only=True)
class Handover:
    """One attempt, ready to go. `wrapper` is a whole POSIX sh script and holds a secret: never on a command line.

    `cpus`: processors in all. `nodes`: hosts that they are to be spread over, 0 when that is the site's affair.
    `smp_granularity`: processors on each host at least, 0 when the job does not say; exclusive with `nodes` unless
    `whole_nodes`, which asks for hosts that nobody else uses (gLite reference §1.2).
    """

    tag: str
    ce: str
    script: str | Callable[[], str]
    """The wrapper, or what writes it when a site asks for it: the same each time."""
    inputs: tuple[tuple[str, str], ...] | None = ()
    """Names and paths of the input files that lie with the service, for a site that reads its disk; None: some cannot
    be read there. The wrapper fetches what its site does not bring."""
    cpus: int = 1
    nodes: int = 0
    smp_granularity: int = 0
    whole_nodes: bool = False
    wall_seconds: int | None = None
    memory_mb: int | None = None
    """Memory in all, when it is to be asked for."""
    credentials: Credentials | None = None
    """What its user has delegated, for a site that wants it (`Carrying`)."""

    @property
    def wrapper(self) -> str:
        """The whole script."""
        return self.script if isinstance(self.script, str) else self.script()


# Named tuples: one is made for each attempt in each call, and a frozen dataclass costs three times as much.
class Receipt(NamedTuple):
    """The site has the attempt; `id` is its own name for it."""

    tag: str
    id: str


class Refusal(NamedTuple):
    """The site surely does not have the attempt, and will not take it."""

    tag: str
    reason: Reason


class Phase(StrEnum):
    """What a site says of an attempt."""

    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"
    """It ran and is over; see `exit_code` and `kind`."""
    NOT_YET_VISIBLE = "not_yet_visible"
    """The site answers, does not show it, and may still come to show it."""
    GONE = "gone"
    """The site answers and surely does not have it."""


class Sighting(NamedTuple):
    """The phase of one attempt. `cancelled`: it ended because `cancel` was asked for. `reason`: what the site says.

    `waits_for`: of one that is queued, in the words of the batch system.
    """

    tag: str
    phase: Phase
    time: float
    node: str = ""
    exit_code: int | None = None
    cancelled: bool = False
    reason: Reason | None = None
    waits_for: str = ""


class Leftover(NamedTuple):
    """What a wrapper left at the site: its event lines that may not have reached the service, and its last words.

    `events` are lines of the worker protocol (docs/worker-protocol.md); `outputs` maps names of output sandbox
    files that could not be uploaded to their paths on a file system the service can read (often empty).
    """

    tag: str
    events: tuple[str, ...] = ()
    log: str = ""
    outputs: Mapping[str, str] = MappingProxyType({})


class Site(Protocol):
    """A computing element, or several behind one door. Every call may raise `SiteUnavailable`."""

    name: str

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        """Take these attempts; one answer for each, in any order.

        Idempotent by tag where the site allows it; where it does not, the caller asks `find` after any doubt.
        Raising leaves all of them in doubt; an answer that is missing leaves that one in doubt.
        """

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """The receipts of these tags; None: surely not there. A tag that is left out is still in doubt."""

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        """One sighting a receipt, by one bulk question to the site."""

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        """Ask that these stop: politely, then by force. Those that are over or unknown are no error."""

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        """What the wrappers of these ended attempts left behind. Repeatable: removes nothing."""

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """Remove what the site keeps of these. Unknown ones are no error."""

    def describe(self) -> list[ClassAd]:
        """The resources of this site as ads with GLUE names; each has GlueCEUniqueID, unique in the market."""

    def close(self) -> None:
        """Let go of threads and handles. Jobs at the site go on."""


class Wallet(Protocol):
    """Where a site finds what users have delegated, as it is now."""

    def of_tags(self, tags: Sequence[str]) -> Mapping[str, Credentials]:
        """What the jobs of these attempts carry; those that carry none any more are left out."""

    def of_handle(self, handle: str) -> Credentials | None:
        """What a delegation holds; None: it has run out, or was taken back."""


class Carrying(Protocol):
    """What a site that takes the credentials of users offers besides."""

    carries: bool
    """Whether it wants them, as it is configured."""
    wallet: Wallet | None

    def renew(self, receipts: Sequence[Receipt], credentials: Credentials) -> None:
        """Bring renewed credentials to these attempts, which were all submitted with the ones before."""


class Watched(Protocol):
    """What a site may offer besides: to tell news itself, so that nobody has to poll it often."""

    def watch(self, callback: Callable[[Sequence[str]], None]) -> None:
        """Call `callback` with the tags whose phase has changed, soon after; from any thread, and not for long.

        A hint and no more: news may be missing after a crash, and `status` is asked for what they are.
        """
