from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.classad import ClassAd, evaluate, parse_expression
from gridwms.market.sources.bdii.glue2 import Glue2
from gridwms.market.sources.bdii.ldif import LdifReader

TEXT = (Path(__file__).parent / "glue2-cream.ldif").read_text()


def read(text: str = TEXT) -> tuple[list[ClassAd], list[str]]:
    return Glue2().ads(LdifReader().round([text.encode()]))


def value(ad: ClassAd, text: str) -> object:
    return evaluate(parse_expression(text), ClassAd(), ad)


@pytest.fixture(scope="module")
def cms() -> ClassAd:
    ads, notes = read()
    assert notes == []
    (found,) = [ad for ad in ads if value(ad, 'member("VO:cms", other.GlueCEAccessControlBaseRule)') is True]
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("other.GlueCEUniqueID", "cream01.site-a.example:8443/cream-pbs-grid"),
        ("other.GlueCEInfoHostName", "cream01.site-a.example"),
        ("other.GlueCEStateStatus", "Production"),
        ("other.GlueCEStateFreeJobSlots", 40),
        ("other.GlueCEStateWaitingJobs", 3),
        # seconds there, minutes here
        ("other.GlueCEPolicyMaxWallClockTime", 2880),
        ("other.GLUE2.Computing.Share.MaxWallTime", 172800),
        ("other.GlueCEInfoLRMSType", "pbs"),
        ("other.GlueCEInfoLRMSVersion", "2.5.7"),
        ("other.GlueCEImplementationName", "CREAM"),
        ("other.QueueName", "grid"),
        ("other.GlueHostMainMemoryRAMSize", 16384),
        ("other.GlueHostArchitectureSMPSize", 8),
        ("other.GlueHostNetworkAdapterOutboundIP", True),
        ("other.GlueHostOperatingSystemName", "ScientificSL"),
        ('member("VO-cms-CMSSW_3_8_7", other.GlueHostApplicationSoftwareRunTimeEnvironment)', True),
        ("other.GLUE2.Computing.Endpoint.OtherInfo.MiddlewareName", "EMI"),
        ("other.GLUE2.Computing.Manager.ProductVersion", "2.5.7"),
        ("other.GLUE2.ExecutionEnvironment.OSFamily", "linux"),
        ('member("GLITE-3_2_0", other.GLUE2.ApplicationEnvironment.AppName)', True),
        ('other.GLUE2.Benchmark[0].Type == "hep-spec06" && other.GLUE2.Benchmark[0].Value > 7.8', True),
        ("other.GlueSiteUniqueID", "SITE-A"),
    ],
)
def test_what_a_share_says(cms: ClassAd, expression: str, expected: object) -> None:
    assert value(cms, expression) == expected


def test_a_share_without_its_service_is_left_out_and_told() -> None:
    ads, notes = read(TEXT.replace("objectClass: GLUE2ComputingService\n", ""))
    assert ads == []
    assert "which is not published; it is left out" in notes[0]


def test_entries_that_miss_each_other_break_nothing() -> None:
    blocks = TEXT.split("\n\n")
    for gone in range(len(blocks)):
        read("\n\n".join(block for number, block in enumerate(blocks) if number != gone))
