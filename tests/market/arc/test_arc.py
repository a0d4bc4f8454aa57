"""What ARC tells of itself, in XML and in the JSON made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.classad import UNDEFINED, ClassAd, evaluate, parse_expression
from gridwms.market import Market, SourceError
from gridwms.market.sources.arc import ArcSource
from gridwms.market.sources.web import Access
from tests.market.web import Web

HERE = Path(__file__).parent
XML = (HERE / "info.xml").read_bytes()
JSON = (HERE / "info.json").read_bytes()


def value(ad: ClassAd, text: str) -> object:
    return evaluate(parse_expression(text), ClassAd(), ad)


def read(web: Web, content: bytes) -> list[ClassAd]:
    web.content = content
    ads = ArcSource("arc", Access(url=web.url.removesuffix("/info.json") + "/arex"), site="there").fetch()
    assert web.asked == ["/arex/rest/1.0/info"]
    return ads


@pytest.mark.parametrize("content", [XML, JSON], ids=["xml", "json"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("other.GlueCEStateStatus", "Production"),
        ("other.GlueCEStateWaitingJobs", 7),
        ("other.GlueCEStateRunningJobs", 12),
        ("other.GlueCEStateFreeJobSlots", 20),
        # seconds there, minutes here
        ("other.GlueCEPolicyMaxWallClockTime", 2880),
        ("other.GLUE2.Computing.Share.MaxWallTime", 172800),
        ("other.GlueCEInfoLRMSType", "slurm"),
        ("other.GlueCEImplementationVersion", "7.0.0"),
        ("other.GlueCEInfoContactString[0]", "https://arc.example.org:443/arex"),
        ("other.GlueHostMainMemoryRAMSize", 4096),
        ("other.GlueHostNetworkAdapterOutboundIP", True),
        ("other.GlueHostBenchmarkSI00", 3000),
        ("other.GlueHostOperatingSystemName", UNDEFINED),
        ('member("APPS/BIO/BLAST-2.2", other.GlueHostApplicationSoftwareRunTimeEnvironment)', True),
        ('member("VO:biomed", other.GlueCEAccessControlBaseRule)', True),
        ("other.GlueSiteUniqueID", "urn:ad:ARC-SITE"),
        ("other.CloseStorageElements[0].name", "se.example.org"),
        ("other.GridwmsSite", "there"),
        ("other.QueueName", "long"),
    ],
)
def test_what_a_queue_says(web: Web, content: bytes, expression: str, expected: object) -> None:
    ads = read(web, content)
    long = next(ad for ad in ads if value(ad, "other.QueueName") == "long")
    assert value(long, expression) == expected


@pytest.mark.parametrize("content", [XML, JSON], ids=["xml", "json"])
def test_queues_are_named_as_the_site_names_them(web: Web, content: bytes) -> None:
    ads = read(web, content)
    door = web.url.split("/")[2]
    assert sorted((str(value(ad, "other.GlueCEUniqueID")), ad.get("GridwmsView") is None) for ad in ads) == [
        (f"{door}/nordugrid-slurm-long", False),
        (f"{door}/nordugrid-slurm-short", True),
    ]
    short = next(ad for ad in ads if value(ad, "other.QueueName") == "short")
    assert value(short, "other.GlueCEAccessControlBaseRule") is UNDEFINED
    assert value(short, "other.GlueHostMainMemoryRAMSize") is UNDEFINED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<InfoRoot><Domains>",
        XML[: len(XML) // 2],
        JSON[: len(JSON) // 2],
        b"{}",
        b"<a/>",
        b"<html>busy</html>",
        b"\xff" * 40,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>' + b"<a>" * 500,
    ],
)
def test_nonsense_empties_nothing(web: Web, content: bytes) -> None:
    market = Market([ArcSource("arc", Access(url=web.url.replace("info.json", "rest/1.0")))])
    web.content = XML
    assert len(market.refresh("arc").resources) == 2
    web.content = content
    assert len(market.refresh("arc").resources) == 2
    assert market.health()[0].condition == "failing"
    web.content = XML
    market.refresh("arc")
    assert market.health()[0].condition == "good"


def test_a_saved_document(tmp_path: Path) -> None:
    source = ArcSource("arc", Access(url=str(HERE / "info.xml")))
    ads = source.fetch()
    assert len(ads) == 2
    assert source.fetch() is ads
    with pytest.raises(SourceError, match="cannot read"):
        ArcSource("arc", Access(url=str(tmp_path / "none"))).fetch()
