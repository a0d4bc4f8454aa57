"""Storage services of GLUE 2.0, and their closeness to computing elements."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.classad import ClassAd, evaluate, parse_expression
from gridwms.market.sources.bdii.glue2 import Glue2
from gridwms.market.sources.bdii.ldif import LdifReader

HERE = Path(__file__).parent
DISKS = (HERE / "glue2_storage.ldif").read_text()
TEXT = (HERE / "glue2-cream.ldif").read_text() + "\n" + DISKS
CREAM = "cream01.site-a.example:8443/cream-pbs-grid"


def read(text: str = TEXT) -> list[ClassAd]:
    ads, notes = Glue2().ads(LdifReader().round([text.encode()]))
    assert notes == []
    return ads


def value(ad: ClassAd, text: str) -> object:
    return evaluate(parse_expression(text), ClassAd(), ad)


@pytest.fixture(scope="module")
def disk() -> ClassAd:
    (found,) = [ad for ad in read() if "GlueCEUniqueID" not in ad]
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("other.GlueSEUniqueID", "se.site-a.example"),
        ("other.GlueSEName", "The disks of site A"),
        ("other.GlueSEStatus", "Production"),
        ("other.GlueSEImplementationName", "DPM"),
        ("other.GlueSEImplementationVersion", "1.15"),
        ("other.GlueSiteUniqueID", "SITE-A"),
        ("other.GlueSETotalOnlineSize", 5000),
        ("other.GlueSESizeFree", 2000),
        # 10^9 bytes, and 10^3 bytes
        ("other.GlueSA[0].GlueSAFreeOnlineSize", 400),
        ("other.GlueSA[0].GlueSAStateAvailableSpace", 400_000_000),
        ("other.GlueSA[0].GlueSAPath", "/dpm/site-a.example/home/cms"),
        ("other.GlueSA[0].GlueSARetentionPolicy", "replica"),
        ('member("VO:cms", other.GlueSA[0].GlueSAAccessControlBaseRule)', True),
        ("other.GlueSEAccessProtocol[0].GlueSEAccessProtocolType", "gsiftp"),
        ("other.GlueSEAccessProtocol[0].GlueSEAccessProtocolMaxStreams", 10),
        (
            "other.GlueSEControlProtocol[0].GlueSEControlProtocolEndpoint",
            "httpg://se.site-a.example:8446/srm/managerv2",
        ),
        ("other.GLUE2.Storage.Share[0].SharingID", "dedicated"),
        ("other.GLUE2.Storage.Service.Type", "DPM"),
        ("other.GLUE2.Storage.Endpoint[0].InterfaceName", "SRM"),
        ("size(other.CloseComputingElements)", 2),
        (f'other.CloseComputingElements[1].name == "{CREAM}"', True),
    ],
)
def test_what_a_storage_service_says(disk: ClassAd, expression: str, expected: object) -> None:
    assert value(disk, expression) == expected


def test_links_of_both_kinds_make_storage_close() -> None:
    ad = next(ad for ad in read() if value(ad, "other.GlueCEUniqueID") == CREAM)
    assert value(ad, "size(other.CloseStorageElements)") == 2
    close = {value(ad, f"other.CloseStorageElements[{number}].name"): number for number in range(2)}
    whole, bare = close["se.site-a.example"], close["se01.site-a.example"]
    assert value(ad, f"other.CloseStorageElements[{whole}].GlueSA[0].GlueSAFreeOnlineSize") == 400
    assert value(ad, f"other.CloseStorageElements[{whole}].Bandwidth") == 10000
    assert value(ad, f"other.CloseStorageElements[{bare}].mount") == "/storage"
    assert value(ad, f"other.CloseStorageElements[{bare}].GlueSEUniqueID") is not True
    for name in close:
        assert value(ad, f'member("{name}", other.GlueCESEBindGroupSEUniqueID)') is True


def test_what_did_not_change_is_the_same_object() -> None:
    glue, reader = Glue2(), LdifReader()
    first, _ = glue.ads(reader.round([TEXT.encode()]))
    again, _ = glue.ads(reader.round([TEXT.encode()]))
    assert [id(ad) for ad in first] == [id(ad) for ad in again]
    fuller, _ = glue.ads(reader.round([TEXT.replace("FreeSize: 400", "FreeSize: 399").encode()]))
    changed = [ad for ad in fuller if not any(ad is one for one in first)]
    assert {str(value(ad, "other.GlueCEUniqueID")) for ad in changed if "GlueCEUniqueID" in ad} >= {CREAM}
    assert len([ad for ad in changed if "GlueCEUniqueID" not in ad]) == 1


def test_storage_alone_is_enough() -> None:
    (disk,) = read(DISKS)
    assert value(disk, "size(other.CloseComputingElements)") == 0


def test_a_benchmark_has_its_old_name() -> None:
    ad = next(ad for ad in read() if value(ad, "other.GlueCEUniqueID") == CREAM)
    assert value(ad, "other.GlueHostBenchmarkSI00") == 1515
