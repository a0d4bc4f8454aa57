"""A collector that runs."""

from __future__ import annotations

import pytest

from gridwms.classad import evaluate_attribute
from gridwms.market import Market
from gridwms.market.sources.htcondor import CondorSource
from tests.services import htcondor

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(htcondor.missing()), reason=htcondor.missing())]


def test_a_pool_is_in_the_market() -> None:
    with htcondor.running() as pool:
        where = pool.say("condor_config_val", "COLLECTOR_HOST").strip()
        program = str(pool.usr / "bin/condor_status")
        source = CondorSource(name="pool", pool=where, program=program, environment=pool.environment, site="there")
        market = Market([source])
        (resource,) = market.refresh("pool").resources
        assert market.health()[0].error == ""
        assert resource.ce_id == f"{where}/htcondor-condor-default"
        assert resource.site == "there"
        assert evaluate_attribute(resource.ad, "GlueCEInfoTotalCPUs") == pool.slots
        assert evaluate_attribute(resource.ad, "GlueCEStateFreeJobSlots") == pool.slots
        assert evaluate_attribute(resource.ad, "GlueHostMainMemoryRAMSize") == 512
        none = CondorSource(
            name="none", pool=where, program=program, environment=pool.environment, constraint='Arch == "VAX"'
        )
        market = Market([none])
        assert market.refresh("none").resources == ()
        assert "with no resource at all" in market.health()[0].error
