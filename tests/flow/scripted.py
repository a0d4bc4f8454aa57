"""A site that does what a test tells it: takes, refuses, hangs before or after, forgets; it runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gridwms.classad import ClassAd
from gridwms.jobs.reasons import reason
from gridwms.sites.contract import Handover, Leftover, Phase, Receipt, Refusal, Sighting, SiteUnavailable


@dataclass
class ScriptedSite:
    name: str = "scripted"
    here: dict[str, Sighting] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    leftovers: dict[str, Leftover] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    refusing: bool = False
    down: bool = False
    down_after_taking: bool = False

    def submit(self, handovers: Sequence[Handover]) -> list[Receipt | Refusal]:
        self._answers("submit")
        if self.refusing:
            return [Refusal(tag=h.tag, reason=reason("site_refused", site=self.name, text="no")) for h in handovers]
        for handover in handovers:
            assert handover.tag not in self.here, f"{handover.tag} was sent twice"
            self.handovers.append(handover)
            self.here[handover.tag] = Sighting(tag=handover.tag, phase=Phase.QUEUED, time=0.0)
        if self.down_after_taking:
            raise SiteUnavailable("the line went dead")
        return [Receipt(tag=h.tag, id=h.tag) for h in handovers]

    def find(self, tags: Sequence[str]) -> dict[str, Receipt | None]:
        self._answers("find")
        return {tag: Receipt(tag=tag, id=tag) if tag in self.here else None for tag in tags}

    def status(self, receipts: Sequence[Receipt]) -> list[Sighting]:
        self._answers("status")
        gone = [Sighting(tag=r.tag, phase=Phase.GONE, time=1.0) for r in receipts if r.tag not in self.here]
        return gone + [self.here[r.tag] for r in receipts if r.tag in self.here]

    def cancel(self, receipts: Sequence[Receipt]) -> None:
        self._answers("cancel")
        self.cancelled += [receipt.tag for receipt in receipts]

    def collect(self, receipts: Sequence[Receipt]) -> list[Leftover]:
        self._answers("collect")
        return [self.leftovers[r.tag] for r in receipts if r.tag in self.leftovers]

    def forget(self, receipts: Sequence[Receipt]) -> None:
        self._answers("forget")
        self.forgotten += [receipt.tag for receipt in receipts]

    def describe(self) -> list[ClassAd]:
        return []

    def close(self) -> None:
        pass

    def _answers(self, call: str) -> None:
        self.calls.append(call)
        if self.down:
            raise SiteUnavailable(f"{self.name} does not answer")
