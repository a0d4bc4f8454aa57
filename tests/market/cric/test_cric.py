"""Registries in JSON: queues in the style of CRIC, resources in GLUE names, over HTTP and in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gridwms.classad import UNDEFINED, ClassAd, evaluate, parse_expression
from gridwms.market import Market, SourceError
from gridwms.market.sources.cric import CricSource
from gridwms.market.sources.web import Access
from tests.market.web import Web

QUEUES = {
    "NORTH_MCORE": {
        "name": "NORTH_MCORE",
        "status": "online",
        "state": "ACTIVE",
        "site_state": "ACTIVE",
        "rc_site": "NORTH-T2",
        "vo_name": "atlas",
        "corecount": 8,
        "corepower": 12.5,
        "maxrss": 16000,
        "maxtime": 172800,
        "maxwdir": 20480,
        "is_cvmfs": True,
        "releases": ["AUTO", "23.0.1"],
        "wnconnectivity": "full#IPv4",
        "astorages": {"pr": ["NORTH_DATADISK"], "write_lan": ["NORTH_DATADISK", "NORTH_SCRATCHDISK"]},
        "queues": [
            {
                "ce_endpoint": "ce1.north.example:9619",
                "ce_flavour": "HTCONDOR-CE",
                "ce_jobmanager": "condor",
                "ce_queue_name": "atlas",
                "ce_state": "ACTIVE",
                "ce_queue_maxwctime": 1440,
                "ce_queue_maxcputime": 11520,
            },
            {
                "ce_endpoint": "arc.north.example",
                "ce_flavour": "ARC-CE",
                "ce_jobmanager": "SLURM",
                "ce_state": "DISABLED",
            },
        ],
    },
    "SOUTH": {
        "status": "brokeroff",
        "queues": [{"ce_endpoint": "https://ce.south.example:8443", "ce_flavour": "CREAM-CE"}],
    },
    "NOWHERE": {"status": "online", "queues": []},
}


def read(document: object, tmp_path: Path, **more: object) -> tuple[list[ClassAd], tuple[str, ...]]:
    path = tmp_path / "queues.json"
    path.write_text(json.dumps(document))
    source = CricSource("cric", Access(url=str(path)), **more)  # type: ignore[arg-type]
    return source.fetch(), source.notes


def value(ad: ClassAd, text: str) -> object:
    return evaluate(parse_expression(text), ClassAd(), ad)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("other.GlueCEUniqueID", "ce1.north.example:9619/htcondorce-condor-atlas"),
        ("other.GridwmsView", "NORTH_MCORE"),
        ("other.GlueCEInfoHostName", "ce1.north.example"),
        ("other.GlueCEStateStatus", "Production"),
        ("other.GlueSiteUniqueID", "NORTH-T2"),
        # the registry counts seconds there and minutes here
        ("other.GlueCEPolicyMaxWallClockTime", 1440),
        ("other.GlueCEPolicyMaxCPUTime", 11520),
        ("other.GlueHostMainMemoryRAMSize", 16000),
        ("other.GlueHostArchitectureSMPSize", 8),
        ("other.GlueHostBenchmarkSI00", 3125),
        ("other.GlueHostNetworkAdapterOutboundIP", True),
        ('member("VO:atlas", other.GlueCEAccessControlBaseRule)', True),
        ('member("CVMFS", other.GlueHostApplicationSoftwareRunTimeEnvironment)', True),
        ("size(other.GlueHostApplicationSoftwareRunTimeEnvironment)", 2),
        ("size(other.GlueCESEBindGroupSEUniqueID)", 2),
        ("other.QueueName", "atlas"),
        ("other.CRIC.maxwdir", 20480),
        ("other.GlueCEStateFreeJobSlots", UNDEFINED),
    ],
)
def test_what_a_queue_says(tmp_path: Path, expression: str, expected: object) -> None:
    ads, _ = read(QUEUES, tmp_path)
    assert value(ads[0], expression) == expected


def test_states_and_what_is_left_out(tmp_path: Path) -> None:
    ads, notes = read(QUEUES, tmp_path)
    states = {value(ad, "other.GlueCEUniqueID"): value(ad, "other.GlueCEStateStatus") for ad in ads}
    assert states == {
        "ce1.north.example:9619/htcondorce-condor-atlas": "Production",
        "arc.north.example:2119/nordugrid-SLURM-default": "Closed",
        "ce.south.example:8443/cream-unknown-default": "Draining",
    }
    assert value(ads[1], "other.GlueCEPolicyMaxWallClockTime") == 2880
    assert notes == ("the queue 'NOWHERE' has no computing element; it is left out",)


def test_lists_sites_and_defaults(tmp_path: Path) -> None:
    about = tmp_path / "sites.json"
    about.write_text(json.dumps([{"name": "NORTH-T2", "country": "Norway", "tier_level": 2}]))
    ads, _ = read(
        [{"name": name, **queue} for name, queue in QUEUES.items()],
        tmp_path,
        sites_access=Access(url=about.as_uri()),
        sites={"ce1.*": "north"},
        defaults={"GlueCEStateEstimatedResponseTime": 600, "GlueCEPolicyMaxCPUTime": 1},
    )
    assert value(ads[0], "other.CRIC.site_record.country") == "Norway"
    assert value(ads[0], "other.GridwmsSite") == "north"
    assert value(ads[0], "other.GlueCEStateEstimatedResponseTime") == 600
    assert value(ads[0], "other.GlueCEPolicyMaxCPUTime") == 11520


def test_resources_in_glue_names(tmp_path: Path) -> None:
    plain = {"GlueCEUniqueID": "a:1/x-y-z", "GlueCEStateFreeJobSlots": 5, "Requirements": "other.CPUNumber < 3"}
    bad = {"GlueCEUniqueID": "b", "Requirements": "(("}
    ads, notes = read({"resources": [plain, bad, {"GlueSEUniqueID": "se"}]}, tmp_path)
    assert [value(ad, "other.GlueCEStateFreeJobSlots") for ad in ads] == [5, UNDEFINED]
    assert evaluate(ads[0]["Requirements"], ads[0], ClassAd.from_values({"CPUNumber": 2})) is True
    assert "the resource 'b' cannot be used: Requirements" in notes[0]


def test_over_http_only_what_changed(web: Web) -> None:
    web.content = json.dumps(QUEUES).encode()
    source = CricSource("cric", Access(url=web.url))
    first = source.fetch()
    assert source.fetch() is first
    assert web.statuses == [200, 304]
    web.content = json.dumps({"SOUTH": QUEUES["SOUTH"]}).encode()
    assert len(source.fetch()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no JSON"),
        (b"[" * 200_000, "holds no JSON"),
        (b"\xff\xfe\x00", "holds no JSON"),
        (b"5", "neither an object nor a list"),
        (b'{"half": {"queues": [', "holds no JSON"),
    ],
)
def test_nonsense_empties_nothing(web: Web, content: bytes, said: str) -> None:
    market = Market([CricSource("cric", Access(url=web.url))])
    web.content = json.dumps(QUEUES).encode()
    assert len(market.refresh("cric").resources) == 3
    web.content = content
    assert len(market.refresh("cric").resources) == 3
    assert said in market.health()[0].error
    web.content = json.dumps(QUEUES).encode()
    market.refresh("cric")
    assert market.health()[0].error == ""


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"a": 5, "b": {"queues": 7}, "c": {"GlueCEUniqueID": 5}}'])
def test_nothing_of_use_empties_nothing(web: Web, content: bytes) -> None:
    market = Market([CricSource("cric", Access(url=web.url))])
    web.content = json.dumps(QUEUES).encode()
    market.refresh("cric")
    web.content = content
    assert len(market.refresh("cric").resources) == 3
    assert market.health()[0].error


def test_a_server_that_refuses_or_hangs(web: Web) -> None:
    web.status = 503
    source = CricSource("cric", Access(url=web.url, timeout=0.5))
    with pytest.raises(SourceError, match="answers with status 503"):
        source.fetch()
    web.status, web.content, web.drip = 200, b"x" * 100, 0.05
    with pytest.raises(SourceError, match=r"no whole answer within 0\.5 s"):
        source.fetch()
    gone = CricSource("cric", Access(url="http://127.0.0.1:9/", timeout=0.5))
    with pytest.raises(SourceError, match="does not answer as it should"):
        gone.fetch()
