"""ARC as a site: the contract on a real A-REX."""

from __future__ import annotations

import pytest

from tests.sites.arc_rig import ArcRig
from tests.sites.contract import SiteContract


@pytest.mark.long
class TestRealArc(SiteContract):
    """The contract."""

    @pytest.fixture
    def rig(self, real_arc: ArcRig) -> ArcRig:
        return real_arc


def test_a_whole_life(real_arc: ArcRig) -> None:
    SiteContract().test_a_whole_life(real_arc)
