from __future__ import annotations

from gridwms.classad import UNDEFINED, ClassAd, evaluate, evaluate_attribute, parse_expression
from gridwms.market.sources.bdii.glue1 import Glue1
from gridwms.market.sources.bdii.ldif import LdifReader
from tests.market.bdii.grid import bind, cluster, element, ldif, storage, view

HOST = "ce01.example.org"
ID = f"{HOST}:8443/cream-pbs-long"


def read(text: str, glue: Glue1 | None = None, reader: LdifReader | None = None) -> tuple[list[ClassAd], list[str]]:
    return (glue or Glue1()).ads((reader or LdifReader()).round([text.encode()]))


def by_view(ads: list[ClassAd]) -> dict[str, ClassAd]:
    return {str(evaluate_attribute(ad, "GridwmsView")) if "GridwmsView" in ad else "": ad for ad in ads}


def value(ad: ClassAd, text: str) -> object:
    return evaluate(parse_expression(text), ClassAd(), ad)


def test_a_plain_element_with_its_cluster() -> None:
    (ad,), notes = read(ldif([element(HOST, "long", ["VO:atlas"]), *cluster(HOST)]))
    assert notes == []
    assert evaluate_attribute(ad, "GlueCEUniqueID") == ID
    assert evaluate_attribute(ad, "GlueHostMainMemoryRAMSize") == 4096
    assert evaluate_attribute(ad, "GlueHostNetworkAdapterOutboundIP") is True
    assert evaluate_attribute(ad, "GlueSiteUniqueID") == "TEST-SITE"
    assert evaluate_attribute(ad, "QueueName") == "long"
    assert evaluate_attribute(ad, "LRMSType") == "pbs"
    assert evaluate_attribute(ad, "GlobusResourceContactString") == f"{HOST}:8443/cream-pbs"
    assert value(ad, 'member("VO:atlas", other.GlueCEAccessControlBaseRule)') is True
    assert "GlueForeignKey" not in ad
    assert "GridwmsView" not in ad


def test_views_take_their_rules_and_what_is_left_makes_the_plain_entry() -> None:
    rules = ["VO:atlas", "VO:cms", "VOMS:/atlas/Role=production"]
    text = ldif(
        [
            element(HOST, "long", rules, GlueCEStateRunningJobs=50),
            view(HOST, "long", "atlas", ["VO:atlas", "DENY:/atlas/Role=production"], GlueCEStateRunningJobs=5),
            view(HOST, "long", "prod", ["VOMS:/atlas/Role=production"], GlueCEStateRunningJobs=45),
            view(HOST, "long", "empty", []),
            *cluster(HOST),
        ]
    )
    ads = by_view(read(text)[0])
    assert set(ads) == {"atlas", "prod", ""}
    assert [evaluate_attribute(ads[name], "GlueCEStateRunningJobs") for name in ("atlas", "prod", "")] == [5, 45, 50]
    assert value(ads["atlas"], "other.GlueCEAccessControlBaseRule[1]") == "DENY:/atlas/Role=production"
    assert value(ads[""], "other.GlueCEAccessControlBaseRule") == ("VO:cms",)


def test_no_plain_entry_when_views_claim_all_rules() -> None:
    text = ldif([element(HOST, "long", ["VO:cms"]), view(HOST, "long", "cms", ["VO:cms"]), *cluster(HOST)])
    assert set(by_view(read(text)[0])) == {"cms"}


def test_every_subcluster_is_a_resource() -> None:
    text = ldif([element(HOST, "long", ["VO:cms"]), *cluster(HOST, memory=(2048, 65536))])
    ads = by_view(read(text)[0])
    assert {name: evaluate_attribute(ad, "GlueHostMainMemoryRAMSize") for name, ad in ads.items()} == {
        "": 2048,
        f"@{HOST}-1": 65536,
    }


def test_close_storage_elements_are_there_for_gang_matching() -> None:
    text = ldif([element(HOST, "long", ["VO:cms"]), *cluster(HOST), *storage("se.x"), *bind(HOST, "long", "se.x")])
    (ad, disk), _ = read(text)
    assert value(ad, "other.CloseStorageElements[0].name") == "se.x"
    assert value(ad, "other.CloseStorageElements[0].mount") == "/storage"
    assert value(ad, "other.CloseStorageElements[0].GlueSESizeFree") == 500
    assert value(ad, "other.CloseStorageElements[0].GlueSA[0].GlueSAStateAvailableSpace") == 7000
    assert value(ad, "other.CloseStorageElements[0].CloseComputingElements") is UNDEFINED
    assert value(ad, 'member("se.x", other.GlueCESEBindGroupSEUniqueID)') is True
    assert "GlueCEUniqueID" not in disk
    assert value(disk, "other.GlueSEUniqueID") == "se.x"
    assert value(disk, "other.GlueSiteUniqueID") == "TEST-SITE"
    assert value(disk, "other.GlueSESizeFree") == 500
    assert value(disk, "other.GlueSA[0].GlueSAStateAvailableSpace") == 7000
    assert value(disk, "other.GlueSEAccessProtocol[0].GlueSEAccessProtocolType") == "gsiftp"
    assert value(disk, "other.CloseComputingElements[0].name") == ID
    assert value(disk, "other.CloseComputingElements[0].mount") == "/storage"


def test_what_hangs_in_the_air_is_left_out_and_told() -> None:
    lonely = element("lonely.org", "q", ["VO:cms"])
    bare = [element("bare.org", "q", ["VO:cms"]), next(iter(cluster("bare.org")))]
    ads, notes = read(ldif([lonely, *bare, element(HOST, "long", ["VO:cms"]), *cluster(HOST)]))
    assert [evaluate_attribute(ad, "GlueCEUniqueID") for ad in ads] == [ID]
    assert len(notes) == 2
    assert "names the cluster 'lonely.org', which is not published" in notes[0]
    assert "has no SubCluster" in notes[1]


def test_values_that_are_none() -> None:
    broken = element(
        HOST, "long", ["VO:cms"],
        GlueCEStateFreeJobSlots="many", GlueCEStateWaitingJobs=444444, GlueCEPolicyMaxCPUTime="9" * 30,
        GlueCEInfoDataDir="undefined",
    )  # fmt: skip
    (ad,), _ = read(ldif([broken, *cluster(HOST)]))
    assert "GlueCEStateFreeJobSlots" not in ad
    assert "GlueCEPolicyMaxCPUTime" not in ad
    assert "GlueCEInfoDataDir" not in ad
    assert evaluate_attribute(ad, "GlueCEStateWaitingJobs") == 444444


def test_what_did_not_change_is_the_same_object_again() -> None:
    glue, reader = Glue1(), LdifReader()
    other = "ce02.example.org"

    def text(free: int) -> str:
        entries = [element(HOST, "long", ["VO:cms"]), *cluster(HOST), *cluster(other)]
        return ldif([*entries, element(other, "long", ["VO:cms"], GlueCEStateFreeJobSlots=free)])

    first, second = (read(text(free), glue, reader)[0] for free in (1, 2))
    assert first[0] is second[0]
    assert first[1] is not second[1]
    assert evaluate_attribute(second[1], "GlueCEStateFreeJobSlots") == 2


def test_the_first_of_two_entries_of_one_id_counts() -> None:
    twice = [element(HOST, "long", ["VO:cms"], GlueCEStateFreeJobSlots=free) for free in (1, 2)]
    (ad,), _ = read(ldif([*twice, *cluster(HOST)]))
    assert evaluate_attribute(ad, "GlueCEStateFreeJobSlots") == 1
