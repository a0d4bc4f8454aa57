"""ARC as a site: the contract on a real A-REX."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from gridwms.sites.contract import SiteUnavailable
from tests.services import arex
from tests.sites.arc_rig import ArcRig
from tests.sites.conftest import arc_rig
from tests.sites.contract import SiteContract


@pytest.mark.long
class TestRealArc(SiteContract):
    """The contract."""

    @pytest.fixture
    def rig(self, real_arc: ArcRig) -> ArcRig:
        return real_arc


def test_a_whole_life(real_arc: ArcRig) -> None:
    SiteContract().test_a_whole_life(real_arc)


def test_a_whole_life_by_token(real_arex: arex.Arex, tmp_path: Path) -> None:
    if real_arex.issuer is None:
        pytest.skip(
            "A-REX cannot be made to trust an issuer of ours: no /etc/grid-security/certificates, or no unshare"
        )
    token, now = tmp_path / "token", time.time()
    token.write_text(real_arex.issuer.token(now))
    with arc_rig(real_arex, 3, token=str(token)) as rig:
        SiteContract().test_a_whole_life(rig)
        token.write_text(real_arex.issuer.token(now, key=RSAKey.generate_key(2048, {"kid": "other"})))
        with pytest.raises(SiteUnavailable, match=r"or it does not take our token"):
            rig.site.find(["gw-x-1"])
        token.write_text(real_arex.issuer.token(now, jti="2"))
