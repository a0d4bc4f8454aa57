"""The disk of the local site is full: a clear refusal, and nothing is harmed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gridwms.sites.contract import Handover, Phase, Receipt, Refusal
from gridwms.sites.local import LocalSettings, LocalSite

pytestmark = [pytest.mark.root, pytest.mark.parametrize("small_disk", ["size=256k"], indirect=True)]


def wait_until_over(site: LocalSite, receipts: list[Receipt]) -> None:
    deadline = time.monotonic() + 20
    while any(one.phase is not Phase.ENDED for one in site.status(receipts)):
        assert time.monotonic() < deadline
        os.sched_yield()


def test_submission_is_refused_and_works_again_when_there_is_room(small_disk: Path) -> None:
    site = LocalSite(LocalSettings(directory=small_disk, slots=1))
    (small_disk / "filler").write_bytes(bytes(220 * 1024))
    handover = Handover(tag="gw-0000000000000000000001-1", ce="", script="exit 0\n" + "#" * 60_000)
    answer = site.submit([handover])[0]
    assert isinstance(answer, Refusal)
    assert "No space left on device" in answer.reason.sentence
    assert site.find([handover.tag]) == {handover.tag: None}
    (small_disk / "filler").unlink()
    receipts = [one for one in site.submit([handover]) if isinstance(one, Receipt)]
    wait_until_over(site, receipts)
    assert site.status(receipts)[0].exit_code == 0
    site.close()


def test_an_attempt_that_fills_the_disk_ends_all_the_same(small_disk: Path) -> None:
    site = LocalSite(LocalSettings(directory=small_disk, slots=1))
    handover = Handover(tag="gw-0000000000000000000002-1", ce="", script="cat /dev/zero >filler\n")
    receipts = [one for one in site.submit([handover]) if isinstance(one, Receipt)]
    wait_until_over(site, receipts)
    site.forget(receipts)
    again = [
        one for one in site.submit([Handover(tag=handover.tag, ce="", script="exit 3\n")]) if isinstance(one, Receipt)
    ]
    wait_until_over(site, again)
    assert site.status(again)[0].exit_code == 3
    site.close()
