"""An ARC computing element to which each job goes on its user's behalf: with the proxy, or token, that they delegated.

The element maps, authorises and accounts the user. What is there belongs to them, so that all that is asked about it is
asked with the same delegation: its handle stands behind the job's id in the receipt, and behind that what A-REX calls
its copy (A-REX itself does not tell that of a job before it has begun with it).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from gridwms.classad import ClassAd
from gridwms.jobs.reasons import reason
from gridwms.sites.arc.carried import CarriedCredentials
from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.arc.site import ArcSite
from gridwms.sites.contract import (
    Credentials,
    Handover,
    Leftover,
    Phase,
    Receipt,
    Refusal,
    Sighting,
    SiteUnavailable,
    Wallet,
)
from gridwms.sites.link import WorkerLink

logger = structlog.get_logger(__name__)

_Item = TypeVar("_Item")
_MOST_DOORS = 1000
_LACKING_SECONDS = 300.0
"""How long attempts are not given up whose credential is not to be had: their job ends in that time."""


class CarryingArcSite:
    """A door for each delegation, each an `ArcSite` of its own; what tells of the element itself is asked with the
    site's own credential. `wallet`: where credentials are found again after a restart."""

    carries = True

    def __init__(
        self, settings: ArcSettings, clock: Callable[[], float] = time.time, *, fetched: Path | None = None
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self.wallet: Wallet | None = None
        self._clock, self._fetched = clock, fetched
        self._own = ArcSite(settings, clock, fetched=fetched)
        self._doors: dict[str, tuple[ArcSite, CarriedCredentials]] = {}
        self._lacking: dict[str, float] = {}

    @property
    def link(self) -> WorkerLink | None:
        """To the service, for wrappers that cannot speak to it themselves."""
        return self._own.link

    @link.setter
    def link(self, link: WorkerLink | None) -> None:
        self._own.link = link

    # ---- the contract

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        """By delegation. One whose door does not open leaves its own attempts in doubt, and no others."""
        answers: list[Receipt | Refusal] = []
        groups: dict[str, list[Handover]] = {}
        for one in handovers:
            if one.credentials is None:
                text = "it takes jobs with a delegated credential alone, and this one carries none"
                answers.append(Refusal(tag=one.tag, reason=reason("site_refused", site=self.name, text=text)))
            else:
                groups.setdefault(one.credentials.handle, []).append(one)
        failures = []
        for handle, group in groups.items():
            assert group[0].credentials is not None  # noqa: S101 - by which they were grouped
            door = self._open(group[0].credentials)
            try:
                answers += [_behind(answer, handle, door.delegation) for answer in door.submit(group)]
            except SiteUnavailable as error:
                failures.append(error)
        self._tell(failures, all_of=len(groups))
        return answers

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        """With the credentials of the jobs of these tags; one whose credential is gone stays in doubt."""
        held = self.wallet.of_tags(tags) if self.wallet is not None else {}
        groups: dict[str, list[str]] = {}
        for tag in tags:
            if tag in held:
                groups.setdefault(held[tag].handle, []).append(tag)
                self._open(held[tag])
        found: dict[str, Receipt | None] = {}
        failures = []
        for handle, some in groups.items():
            try:
                answers = self._doors[handle][0].find(some)
            except SiteUnavailable as error:
                failures.append(error)
                continue
            found |= {tag: None if one is None else _behind(one, handle, "") for tag, one in answers.items()}
        self._tell(failures, all_of=len(groups))
        return found

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        """By delegation. Those whose credential is not to be had are not visible, and given up after a while."""
        seen: list[Sighting] = []

        def ask(door: ArcSite | None, handle: str, some: Sequence[Receipt]) -> None:
            nonlocal seen
            if door is not None:
                self._lacking.pop(handle, None)
                seen += door.status(some)
                return
            since = self._lacking.setdefault(handle, self._clock())
            over = self._clock() - since >= _LACKING_SECONDS
            phase = Phase.GONE if over else Phase.NOT_YET_VISIBLE
            seen += [Sighting(tag=one.tag, phase=phase, time=self._clock()) for one in some]

        self._each(receipts, ask)
        return seen

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        """Those whose credential is gone are left to A-REX, which ends what has none."""
        self._each(receipts, lambda door, _handle, some: None if door is None else door.cancel(some))

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        """What they left behind."""
        left: list[Leftover] = []

        def ask(door: ArcSite | None, _handle: str, some: Sequence[Receipt]) -> None:
            if door is not None:
                left.extend(door.collect(some))

        self._each(receipts, ask)
        return left

    def forget(self, receipts: Sequence[Receipt]) -> None:
        """Those whose credential is gone are left to A-REX, which removes them after `keep_days`."""
        self._each(receipts, lambda door, _handle, some: None if door is None else door.forget(some))

    def describe(self) -> list[ClassAd]:
        """The queues."""
        return self._own.describe()

    def close(self) -> None:
        """Let go of connections."""
        for door, _shown in self._doors.values():
            door.close()
        self._own.close()

    # ---- credentials

    def renew(self, receipts: Sequence[Receipt], credentials: Credentials) -> None:
        """Bring a renewed credential to the delegations of these jobs at the element."""
        door = self._open(credentials)
        told = {one: one.id.split("@")[2:] for one in receipts}
        known = {each for some in told.values() for each in some if each}
        door.renew_delegations(known, [_inner(one) for one, some in told.items() if not any(some)])
        door.renew([_inner(one) for one in receipts], credentials)

    def _open(self, credentials: Credentials) -> ArcSite:
        """The door of a delegation, showing the newest that it was given."""
        known = self._doors.get(credentials.handle)
        if known is not None:
            if credentials.serial > known[1].serial:
                known[1].replace(credentials)
            return known[0]
        while len(self._doors) >= _MOST_DOORS:
            self._doors.pop(next(iter(self._doors)))[0].close()
        shown = CarriedCredentials(self.settings, credentials, self._clock)
        door = ArcSite(self.settings, self._clock, fetched=self._fetched, credentials=shown)
        door.link = self.link
        self._doors[credentials.handle] = door, shown
        return door

    def _door(self, handle: str) -> ArcSite | None:
        known = self._doors.get(handle)
        if known is not None and known[1].is_good():
            return known[0]
        found = self.wallet.of_handle(handle) if self.wallet is not None else None
        return None if found is None else self._open(found)

    def _each(self, receipts: Iterable[Receipt], ask: Callable[[ArcSite | None, str, Sequence[Receipt]], None]) -> None:
        groups: dict[str, list[Receipt]] = {}
        for one in receipts:
            groups.setdefault(one.id.partition("@")[2].partition("@")[0], []).append(_inner(one))
        failures = []
        for handle, some in groups.items():
            try:
                ask(self._door(handle) if handle else self._own, handle, some)
            except SiteUnavailable as error:
                failures.append(error)
        self._tell(failures, all_of=len(groups))

    def _tell(self, failures: Sequence[SiteUnavailable], *, all_of: int) -> None:
        """The element is away when no door opens; one that alone stays shut is its user's trouble."""
        for error in failures:
            logger.warning("door shut", site=self.name, why=str(error))
        if failures and len(failures) == all_of:
            raise failures[0]


def _inner(receipt: Receipt) -> Receipt:
    return Receipt(tag=receipt.tag, id=receipt.id.partition("@")[0])


def _behind(answer: _Item, handle: str, delegation: str) -> _Item | Receipt:
    return Receipt(tag=answer.tag, id=f"{answer.id}@{handle}@{delegation}") if isinstance(answer, Receipt) else answer
