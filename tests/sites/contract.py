"""What every site must do. An adaptor joins with a test class that inherits `SiteContract` and makes a `Rig`."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import pytest

from gridwms.classad import evaluate_attribute
from gridwms.jobs.ids import tag_of
from gridwms.sites.contract import Handover, Phase, Receipt, Refusal, Sighting, Site


class Rig(ABC):
    """A site under test. `slots`: how many attempts run at once; `ce`: a computing element of it."""

    site: Site
    slots: int
    ce: str
    many = 1000
    """How many are a great many for it, in a test that lasts seconds."""

    @abstractmethod
    def quick(self, tag: str) -> Handover:
        """An attempt that ends at once, exit status 0, and is counted by `ran`."""

    @abstractmethod
    def endless(self, tag: str) -> Handover:
        """An attempt that runs until it is cancelled or released, and is counted by `ran`."""

    @abstractmethod
    def ran(self, tag: str) -> int:
        """How often its payload was started."""

    @abstractmethod
    def wait(self, what: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until `what` is true; AssertionError when it does not become so."""

    @abstractmethod
    def restart(self) -> None:
        """The service is killed and a new one takes the site over."""

    def release(self) -> None:
        """Let the endless ones end."""
        raise NotImplementedError


def tags(count: int) -> list[str]:
    """Fresh tags."""
    return [tag_of(uuid.uuid4().hex[:22], 1) for _ in range(count)]


def receipts_of(answers: Sequence[Receipt | Refusal]) -> list[Receipt]:
    """The receipts, when none was refused."""
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    return [answer for answer in answers if isinstance(answer, Receipt)]


class SiteContract:
    """The tests."""

    @staticmethod
    def see(rig: Rig, receipts: Sequence[Receipt]) -> dict[str, Sighting]:
        return {sighting.tag: sighting for sighting in rig.site.status(receipts)}

    def wait_for(self, rig: Rig, receipts: Sequence[Receipt], *phases: Phase, seconds: float = 30) -> None:
        rig.wait(lambda: all(one.phase in phases for one in self.see(rig, receipts).values()), seconds)

    def submit(self, rig: Rig, handovers: Sequence[Handover]) -> list[Receipt]:
        return receipts_of(rig.site.submit(handovers))

    def test_a_whole_life(self, rig: Rig) -> None:
        mine = tags(3)
        receipts = self.submit(rig, [rig.quick(tag) for tag in mine])
        assert {receipt.tag for receipt in receipts} == set(mine)
        assert rig.site.find(mine) == {receipt.tag: receipt for receipt in receipts}
        self.wait_for(rig, receipts, Phase.ENDED)
        for sighting in self.see(rig, receipts).values():
            assert sighting.exit_code == 0
            assert sighting.time > 0
            assert sighting.node
            assert not sighting.cancelled
            assert sighting.reason is None
        assert [rig.ran(tag) for tag in mine] == [1, 1, 1]
        assert {leftover.tag for leftover in rig.site.collect(receipts)} == set(mine)
        assert rig.site.collect(receipts) == rig.site.collect(receipts)
        rig.site.forget(receipts)
        assert rig.site.find(mine) == dict.fromkeys(mine)
        assert {one.phase for one in self.see(rig, receipts).values()} == {Phase.GONE}

    def test_a_second_submission_changes_nothing(self, rig: Rig) -> None:
        mine = tags(4)
        first = self.submit(rig, [rig.quick(tag) for tag in mine])
        second = self.submit(rig, [rig.quick(tag) for tag in [*mine, *mine]])
        assert {receipt.tag: receipt.id for receipt in first} == {receipt.tag: receipt.id for receipt in second}
        self.wait_for(rig, first, Phase.ENDED)
        self.submit(rig, [rig.quick(tag) for tag in mine])
        self.wait_for(rig, first, Phase.ENDED)
        assert [rig.ran(tag) for tag in mine] == [1] * 4

    def test_unknown_tags_are_surely_not_there(self, rig: Rig) -> None:
        mine = tags(2)
        unknown = [Receipt(tag=tag, id=f"{tag}-nothing") for tag in mine]
        assert rig.site.find(mine) == dict.fromkeys(mine)
        assert {one.phase for one in rig.site.status(unknown)} == {Phase.GONE}
        rig.site.cancel(unknown)
        assert rig.site.collect(unknown) == []
        rig.site.forget(unknown)
        assert rig.site.find(mine) == dict.fromkeys(mine)

    def test_empty_lists(self, rig: Rig) -> None:
        assert rig.site.submit([]) == []
        assert rig.site.find([]) == {}
        assert rig.site.status([]) == []
        assert rig.site.collect([]) == []
        rig.site.cancel([])
        rig.site.forget([])

    def test_a_great_many_at_once(self, rig: Rig) -> None:
        mine = tags(rig.many)
        receipts = self.submit(rig, [rig.quick(tag) for tag in mine])
        assert {receipt.tag for receipt in receipts} == set(mine)
        self.wait_for(rig, receipts, Phase.ENDED, seconds=100)
        assert [rig.ran(tag) for tag in mine] == [1] * rig.many
        rig.site.forget(receipts)
        assert set(rig.site.find(mine).values()) == {None}

    def test_cancel_while_waiting_and_while_running(self, rig: Rig) -> None:
        mine = tags(rig.slots + 3)
        receipts = self.submit(rig, [rig.endless(tag) for tag in mine])
        running, waiting = receipts[: rig.slots], receipts[rig.slots :]
        rig.wait(lambda: all(rig.ran(one.tag) == 1 for one in running))
        assert {one.phase for one in self.see(rig, waiting).values()} == {Phase.QUEUED}
        rig.site.cancel(waiting)
        self.wait_for(rig, waiting, Phase.ENDED, Phase.GONE)
        rig.site.cancel(running)
        rig.site.cancel(running)
        self.wait_for(rig, running, Phase.ENDED, Phase.GONE)
        assert all(one.cancelled for one in self.see(rig, receipts).values() if one.phase is Phase.ENDED)
        assert [rig.ran(one.tag) for one in waiting] == [0, 0, 0]
        after = tags(1)
        last = self.submit(rig, [rig.quick(after[0])])
        self.wait_for(rig, last, Phase.ENDED)

    def test_cancel_of_one_that_is_over_changes_nothing(self, rig: Rig) -> None:
        receipts = self.submit(rig, [rig.quick(tag) for tag in tags(1)])
        self.wait_for(rig, receipts, Phase.ENDED)
        before = self.see(rig, receipts)
        rig.site.cancel(receipts)
        assert self.see(rig, receipts) == before

    def test_cancel_at_once(self, rig: Rig) -> None:
        """Whatever it was just doing, it ends, and its slot is free again."""
        receipts = self.submit(rig, [rig.endless(tag) for tag in tags(3 * rig.slots)])
        rig.site.cancel(receipts)
        self.wait_for(rig, receipts, Phase.ENDED, Phase.GONE)
        last = self.submit(rig, [rig.quick(tag) for tag in tags(2 * rig.slots)])
        self.wait_for(rig, last, Phase.ENDED)

    def test_forget_of_one_that_runs(self, rig: Rig) -> None:
        mine = tags(rig.slots + 1)
        receipts = self.submit(rig, [rig.endless(tag) for tag in mine])
        rig.wait(lambda: rig.ran(mine[0]) == 1)
        rig.site.forget(receipts)
        rig.wait(lambda: set(rig.site.find(mine).values()) == {None})
        last = self.submit(rig, [rig.quick(tag) for tag in tags(2)])
        self.wait_for(rig, last, Phase.ENDED)

    def test_restart_in_every_phase(self, rig: Rig) -> None:
        over = self.submit(rig, [rig.quick(tag) for tag in tags(2)])
        self.wait_for(rig, over, Phase.ENDED)
        gone = self.submit(rig, [rig.quick(tag) for tag in tags(1)])
        self.wait_for(rig, gone, Phase.ENDED)
        rig.site.forget(gone)
        mine = tags(rig.slots + 4)
        receipts = self.submit(rig, [rig.endless(tag) for tag in mine])
        running, waiting = receipts[: rig.slots], receipts[rig.slots :]
        rig.wait(lambda: all(rig.ran(one.tag) == 1 for one in running))
        rig.site.cancel(waiting[:1])
        before = self.see(rig, [*over, *running])
        rig.restart()
        everything = [*over, *receipts]
        assert rig.site.find([one.tag for one in everything]) == {one.tag: one for one in everything}
        assert rig.site.find([gone[0].tag]) == {gone[0].tag: None}
        after = self.see(rig, everything)
        for tag, sighting in before.items():
            assert (after[tag].phase, after[tag].exit_code) == (sighting.phase, sighting.exit_code)
        self.wait_for(rig, waiting[:1], Phase.ENDED, Phase.GONE)
        assert {after[one.tag].phase for one in waiting[1:]} == {Phase.QUEUED}
        self.submit(rig, [rig.endless(tag) for tag in mine])
        rig.release()
        self.wait_for(rig, [*running, *waiting[1:]], Phase.ENDED)
        assert [rig.ran(one.tag) for one in receipts] == [0 if one is waiting[0] else 1 for one in receipts]

    def test_cancel_after_a_restart(self, rig: Rig) -> None:
        receipts = self.submit(rig, [rig.endless(tag) for tag in tags(rig.slots + 1)])
        rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
        rig.restart()
        rig.site.cancel(receipts)
        self.wait_for(rig, receipts, Phase.ENDED, Phase.GONE)

    def test_refusal_says_why(self, rig: Rig) -> None:
        mine = tags(2)
        wide = Handover(tag=mine[0], ce=rig.ce, script=rig.quick(mine[0]).wrapper, cpus=1_000_000)
        answers = {answer.tag: answer for answer in rig.site.submit([wide, rig.quick(mine[1])])}
        refusal = answers[mine[0]]
        assert isinstance(refusal, Refusal)
        assert refusal.reason.code == "site_refused"
        assert rig.site.name in refusal.reason.sentence
        assert isinstance(answers[mine[1]], Receipt)
        assert rig.site.find([mine[0]]) == {mine[0]: None}

    def test_description(self, rig: Rig) -> None:
        ads = rig.site.describe()
        names = [str(evaluate_attribute(ad, "GlueCEUniqueID")) for ad in ads]
        assert rig.ce in names
        assert len(names) == len(set(names))
        for ad in ads:
            assert evaluate_attribute(ad, "GridwmsSite") == rig.site.name
            for name in ("FreeJobSlots", "WaitingJobs", "RunningJobs", "EstimatedResponseTime"):
                assert isinstance(evaluate_attribute(ad, f"GlueCEState{name}"), int)
            assert isinstance(evaluate_attribute(ad, "GlueCEInfoTotalCPUs"), int)

    def test_description_counts(self, rig: Rig) -> None:
        receipts = self.submit(rig, [rig.endless(tag) for tag in tags(rig.slots + 2)])
        rig.wait(lambda: all(rig.ran(one.tag) == 1 for one in receipts[: rig.slots]))

        def state(name: str) -> object:
            found = [ad for ad in rig.site.describe() if evaluate_attribute(ad, "GlueCEUniqueID") == rig.ce]
            return evaluate_attribute(found[0], f"GlueCEState{name}")

        def counts() -> list[object]:
            return [state("RunningJobs"), state("WaitingJobs"), state("FreeJobSlots")]

        rig.wait(lambda: counts() == [rig.slots, 2, 0])
        rig.site.cancel(receipts)
        rig.wait(lambda: counts() == [0, 0, rig.slots])

    def test_news_of_each_change(self, rig: Rig) -> None:
        watch = getattr(rig.site, "watch", None)
        if watch is None:
            pytest.skip("this site cannot tell; it is polled")
        heard: list[str] = []
        watch(heard.extend)
        receipts = self.submit(rig, [rig.quick(tag) for tag in tags(5)])
        self.wait_for(rig, receipts, Phase.ENDED)
        rig.wait(lambda: set(heard) == {one.tag for one in receipts})
