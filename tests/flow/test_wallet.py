"""Renewed credentials are brought to the sites that hold copies: once, to the attempts that came with them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gridwms.flow.credentials.wallet import Bearer, ServiceWallet
from gridwms.sites.contract import Credentials, Receipt
from tests.flow.conftest import Stage
from tests.flow.test_credentials import PROXY, hold, holding, submit

__all__ = ["holding"]


@pytest.fixture
def brought(holding: Stage) -> list[tuple[list[str], int]]:
    """What the site was brought: tags, and which credential."""
    told: list[tuple[list[str], int]] = []

    def renew(receipts: Sequence[Receipt], credentials: Credentials) -> None:
        told.append((sorted(one.tag for one in receipts), credentials.serial))

    holding.site.carries = True  # type: ignore[attr-defined]
    holding.site.renew = renew  # type: ignore[attr-defined]
    return told


def test_a_site_that_wants_them_gets_them_with_the_attempts(
    holding: Stage, brought: list[tuple[list[str], int]]
) -> None:
    submit(holding)
    holding.schedule()
    holding.errands()
    [one] = holding.site.handovers
    assert one.credentials is not None
    assert (one.credentials.proxy, one.credentials.lines) == (PROXY, "proxy 1 2000\n")
    assert "not looked into" not in repr(one)
    wallet = ServiceWallet(holding.world)
    assert wallet.of_handle(one.credentials.handle) == one.credentials
    assert wallet.of_tags([one.tag]) == {one.tag: one.credentials}
    holding.pass_time(1001)
    assert wallet.of_handle(one.credentials.handle) is None
    assert wallet.of_tags([one.tag]) == {}


def test_a_renewed_one_is_brought_once(holding: Stage, brought: list[tuple[list[str], int]]) -> None:
    submit(holding)
    hold(holding, "other")
    submit(holding, "other")
    submit(holding, "")
    holding.schedule()
    holding.errands()
    tags = [one.tag for one in holding.site.handovers if one.credentials is not None]
    assert len(tags) == 2
    bearer = Bearer(holding.world, holding.site)
    bearer.bring()
    brought.clear()
    bearer.bring()
    assert brought == []
    hold(holding, serial=2)
    bearer.bring()
    bearer.bring()
    assert [(len(some), serial) for some, serial in brought] == [(1, 2)]
